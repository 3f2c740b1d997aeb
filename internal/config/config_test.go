package config_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"github.com/ownmark/ownmark/internal/config"
	"github.com/ownmark/ownmark/internal/fault"
)

// env is an environment with a home of its own, so that the machine's own files play no part.
func env(t *testing.T, more ...string) []string {
	t.Helper()
	home := t.TempDir()
	return append([]string{"HOME=" + home, "XDG_DATA_HOME=" + filepath.Join(home, "data"), "XDG_CONFIG_HOME=" + filepath.Join(home, "config"), "LOCALAPPDATA=" + home}, more...)
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaults(t *testing.T) {
	c, origins, err := config.Load(config.Sources{Env: env(t)})
	if err != nil {
		t.Fatal(err)
	}
	if !filepath.IsAbs(c.Data) || filepath.Base(c.Data) != "ownmark" {
		t.Errorf("data %s", c.Data)
	}
	if c.Database != "sqlite:"+filepath.Join(c.Data, "ownmark.db") || c.Blob != filepath.Join(c.Data, "blobs") || c.NATS != "" {
		t.Errorf("%s", c)
	}
	if c.Listen != "localhost:8080" || c.AdminListen != "localhost:8081" || c.PublicURL != "http://localhost:8080" || c.CookiesAreSecure() {
		t.Errorf("%s", c)
	}
	if c.Workers != runtime.GOMAXPROCS(0) || c.Language != "en" || c.Log.Level != "info" || c.Limits.RequestBytes != 32<<20 || len(c.Proxies()) != 0 {
		t.Errorf("%s", c)
	}
	for key, origin := range origins {
		if origin != config.Default {
			t.Errorf("%s from %s", key, origin)
		}
	}
	if len(origins) != len(config.Fields()) {
		t.Errorf("%d origins of %d settings", len(origins), len(config.Fields()))
	}
}

func TestFieldsHaveNamesAndAManual(t *testing.T) {
	want := map[string]string{"nats": "OWNMARK_NATS", "public_url": "OWNMARK_PUBLIC_URL", "admin_listen": "OWNMARK_ADMIN_LISTEN", "log.level": "OWNMARK_LOG_LEVEL", "limits.picture_pixels": "OWNMARK_LIMITS_PICTURE_PIXELS"}
	for _, f := range config.Fields() {
		if f.Comment == "" || !strings.HasSuffix(f.Comment, ".") {
			t.Errorf("%s has no manual: %q", f.Key, f.Comment)
		}
		if env, ok := want[f.Key]; ok {
			if f.Env != env || f.Flag != strings.NewReplacer(".", "-", "_", "-").Replace(f.Key) {
				t.Errorf("%+v", f)
			}
			delete(want, f.Key)
		}
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

func TestOrder(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "mine.toml"), `
listen = "file:1"
language = "zh"
trusted_proxies = ["10.0.0.0/8", "::1"]

[log]
level = "warn"
format = "json"

[limits]
request_bytes = "4MiB"
batch_rows = 7
`)
	c, origins, err := config.Load(config.Sources{
		Args: map[string]string{"listen": "flag:3"},
		Env:  env(t, "OWNMARK_LISTEN=env:2", "OWNMARK_LOG_LEVEL=debug", "OWNMARK_NATS=", "OWNMARK_LIMITS_PICTURE_BYTES=2 MB", "PATH=/bin", "OWNMARK_TRUSTED_PROXIES=192.0.2.1, 198.51.100.7/24,"),
		File: file,
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "flag:3" || c.Log.Level != "debug" || c.Log.Format != "json" || c.Language != "zh" || c.Limits.RequestBytes != 4<<20 || c.Limits.BatchRows != 7 || c.Limits.PictureBytes != 2_000_000 {
		t.Errorf("%s", c)
	}
	if got := fmt.Sprint(c.Proxies()); got != "[192.0.2.1/32 198.51.100.0/24]" {
		t.Errorf("proxies %s", got)
	}
	for key, want := range map[string]config.Origin{
		"listen": "flag --listen", "log.level": "OWNMARK_LOG_LEVEL", "log.format": config.Origin(file + ":8"), "language": config.Origin(file + ":3"),
		"limits.batch_rows": config.Origin(file + ":12"), "nats": config.Default, "database": config.Default,
	} {
		if origins[key] != want {
			t.Errorf("%s from %q, want %q", key, origins[key], want)
		}
	}
}

func TestWhereTheFileIsFound(t *testing.T) {
	home := t.TempDir()
	environment := []string{"HOME=" + home, "XDG_DATA_HOME=" + filepath.Join(home, "data"), "XDG_CONFIG_HOME=" + filepath.Join(home, "config")}
	language := func(from config.Sources) string {
		t.Helper()
		c, origins, err := config.Load(from)
		if err != nil {
			t.Fatal(err)
		}
		return c.Log.Format + " " + string(origins["log.format"])
	}
	if got := language(config.Sources{Env: environment}); got != "text default" {
		t.Error(got)
	}
	personal := write(t, filepath.Join(home, "config", "ownmark", "ownmark.toml"), "log.format = 'json'\n")
	if got := language(config.Sources{Env: environment}); got != "json "+personal+":1" {
		t.Error(got)
	}
	data := filepath.Join(home, "elsewhere")
	inData := write(t, filepath.Join(data, "ownmark.toml"), "[log]\nformat = 'json'\n")
	for _, from := range []config.Sources{
		{Env: environment, Args: map[string]string{"data": data}},
		{Env: append(environment, "OWNMARK_DATA="+data)},
	} {
		if got := language(from); got != "json "+inData+":2" {
			t.Error(got)
		}
	}
	named := write(t, filepath.Join(home, "named.toml"), "log = { format = 'json' }\n")
	if got := language(config.Sources{Env: append(environment, "OWNMARK_CONFIG="+named), Args: map[string]string{"data": data}}); got != "json "+named+":1" {
		t.Error(got)
	}
	write(t, inData, "data = '/tmp'\n")
	if _, _, err := config.Load(config.Sources{Env: environment, Args: map[string]string{"data": data}}); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "lies in the data folder") {
		t.Errorf("a file in the data folder moves it: %v", err)
	}
	if _, _, err := config.Load(config.Sources{Env: environment, File: filepath.Join(home, "none.toml")}); !errors.Is(err, fault.Invalid) {
		t.Errorf("a named file that is not there: %v", err)
	}
	if _, _, err := config.Load(config.Sources{}); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "--data") {
		t.Errorf("no home at all: %v", err)
	}
	if _, _, err := config.Load(config.Sources{Args: map[string]string{"data": t.TempDir()}}); err != nil {
		t.Errorf("no home, but a data folder: %v", err)
	}
}

func TestMistakes(t *testing.T) {
	for _, test := range []struct {
		file string
		args map[string]string
		env  string
		want string
	}{
		{file: "\n\nlisen = 'x:1'\n", want: "There is no setting lisen (in {file}, line 3). Did you mean listen?"},
		{file: "[log]\n\nlevl = 'info'\n", want: "There is no setting log.levl (in {file}, line 3). Did you mean log.level?"},
		{file: "[logs]\nlevel = 'info'\n", want: "There is no setting logs (in {file}, line 1)."},
		{file: "zzzzzzzzzzzz = 1\n", want: "There is no setting zzzzzzzzzzzz (in {file}, line 1). ownmark config shows them all."},
		{file: "workers = 'two'\n", want: "workers in {file}, line 1, has to be a whole number."},
		{file: "workers = 1.5\n", want: "workers in {file}, line 1, has to be a whole number."},
		{file: "listen = 8080\n", want: "listen in {file}, line 1, has to be a text in quotation marks."},
		{file: "listen = ['a:1']\n", want: "listen in {file}, line 1, has to be a text"},
		{file: "trusted_proxies = 'x'\n", want: "has to be a list of texts."},
		{file: "trusted_proxies = [1]\n", want: "has to be a list of texts."},
		{file: "log = 'info'\n", want: "There is no setting log "},
		{file: "[[limits]]\nbatch_rows = 1\n", want: "There is no setting limits "},
		{file: "listen.x = 'a'\n", want: "listen in {file}, line 1, has to be a text"},
		{file: "a = 1\na = 2\n", want: "is not TOML: see line 2."},
		{file: "database = postgres://anna:hunter2@host/db\n", want: "is not TOML: see line 1."},
		{file: "listen = 'a:1\n", want: "is not TOML: see line 1."},
		{file: "\x00", want: "is not TOML"},
		{file: "listen = '\xff:1'", want: "is not TOML"},
		{file: strings.Repeat("[", 60_000), want: "is not TOML"},
		{file: "x = " + strings.Repeat("[", 60_000), want: "is not TOML"},
		{file: strings.Repeat("# long\n", 20_000), want: "larger than 65536 bytes"},
		{args: map[string]string{"lissten": "x"}, want: "There is no setting --lissten (in the command line). Did you mean --listen?"},
		{env: "OWNMARK_LOGLEVEL=info", want: "There is no setting OWNMARK_LOGLEVEL (in the environment). Did you mean OWNMARK_LOG_LEVEL?"},
		{args: map[string]string{"workers": "many"}, want: "--workers has to be a whole number."},
		{args: map[string]string{"workers": "9999999999999999999999"}, want: "--workers has to be a whole number."},
		{args: map[string]string{"workers": "-1"}, want: "workers has to be between 0 and 4096."},
		{env: "OWNMARK_LIMITS_REQUEST_BYTES=99999999999GiB", want: "OWNMARK_LIMITS_REQUEST_BYTES has to be a number of bytes."},
		{env: "OWNMARK_LIMITS_REQUEST_BYTES=0", want: "limits.request_bytes has to be between 1 and"},
		{args: map[string]string{"database": "mysql://anna:hunter2@host/db"}, want: "database has to begin with sqlite: or postgres://."},
		{args: map[string]string{"database": "sqlite:"}, want: "database has to begin with"},
		{args: map[string]string{"nats": "nats://a,http://b"}, want: "nats has to be nats://HOST"},
		{args: map[string]string{"blob": "ftp://x"}, want: "blob has to be a folder"},
		{args: map[string]string{"listen": "8080"}, want: "listen has to be HOST:PORT."},
		{args: map[string]string{"listen": "localhost:99999"}, want: "listen has to be HOST:PORT."},
		{args: map[string]string{"admin-listen": "on"}, want: "admin_listen has to be HOST:PORT, or off."},
		{args: map[string]string{"public-url": "ownmark.example"}, want: "public_url has to be https://HOST"},
		{args: map[string]string{"public-url": "https://x/path"}, want: "public_url has to be https://HOST"},
		{args: map[string]string{"public-url": "javascript://x"}, want: "public_url has to be https://HOST"},
		{args: map[string]string{"language": "de"}, want: "language has to be one of en, zh."},
		{args: map[string]string{"secure-cookies": "yes"}, want: "secure_cookies has to be one of auto, on, off."},
		{args: map[string]string{"log-level": "loud"}, want: "log.level has to be one of debug, info, warn, error."},
		{args: map[string]string{"trusted-proxies": "everyone"}, want: "trusted_proxies has to hold networks"},
		{args: map[string]string{"data": "a\x00b"}, want: "data has a NUL character."},
	} {
		from := config.Sources{Args: test.args, Env: env(t, test.env)}
		if test.file != "" {
			from.File = write(t, filepath.Join(t.TempDir(), "bad.toml"), test.file)
		}
		_, _, err := config.Load(from)
		want := strings.ReplaceAll(test.want, "{file}", from.File)
		if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q %v %q: got %.300v\nwant %s", test.file, test.args, test.env, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error tells a password: %v", err)
		}
	}
	_, _, err := config.Load(config.Sources{Args: map[string]string{"listen": "x", "language": "x", "workers": "x"}, Env: env(t)})
	if n := len(fault.All(err)); n != 3 {
		t.Errorf("told %d of 3 mistakes: %v", n, err)
	}
}

func TestDescribeCanBeReadBack(t *testing.T) {
	from := config.Sources{Env: env(t, `OWNMARK_BLOB=/srv/"odd"\name`), Args: map[string]string{"trusted-proxies": "10.0.0.0/8,::1", "log-format": "json"}}
	c, origins, err := config.Load(from)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := c.Describe(&b, origins); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "# --log-format, OWNMARK_LOG_FORMAT; now from: \"flag --log-format\"\nformat = \"json\"") {
		t.Errorf("%s", b.String())
	}
	var tree map[string]any
	if _, err := toml.Decode(b.String(), &tree); err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	again, _, err := config.Load(config.Sources{Env: env(t), File: write(t, filepath.Join(t.TempDir(), "described.toml"), b.String())})
	if err != nil || again.String() != c.String() {
		t.Errorf("%v\n%s\n%s", err, again, c)
	}
}

func TestSecretsAreHidden(t *testing.T) {
	for _, test := range []struct{ flag, value, want string }{
		{"database", "postgres://anna:hunter2@host:5432/db?sslmode=disable", "postgres://anna:(hidden)@host:5432/db?sslmode=disable"},
		{"database", "postgres://anna:hun@ter2/hunter2@host/db", "postgres://anna:(hidden)@host/db"},
		{"database", "postgres://anna@host/db?password=hunter2&x=1", "postgres://anna@host/db?password=(hidden)&x=1"},
		{"database", "postgres://anna:hunter2@h1:1,h2:2/db", "postgres://anna:(hidden)@h1:1,h2:2/db"},
		{"database", "sqlite:/srv/ownmark.db?_key=hunter2", "sqlite:/srv/ownmark.db?_key=(hidden)"},
		{"nats", "nats://hunter2@a,nats://bert:hunter2@b, tls://c", "nats://(hidden)@a,nats://bert:(hidden)@b, tls://c"},
		{"blob", "s3://bucket?region=x&secretKey=hunter2&access_key=hunter2", "s3://bucket?region=x&secretKey=(hidden)&access_key=(hidden)"},
	} {
		c, origins, err := config.Load(config.Sources{Args: map[string]string{test.flag: test.value}, Env: env(t)})
		if err != nil {
			t.Errorf("%s: %v", test.value, err)
			continue
		}
		var described, logged strings.Builder
		if err := c.Describe(&described, origins); err != nil {
			t.Fatal(err)
		}
		slog.New(slog.NewTextHandler(&logged, nil)).Info("configuration", slog.Any("config", c))
		for way, text := range map[string]string{"Describe": described.String(), "%v": fmt.Sprintf("%v", c), "%+v": fmt.Sprintf("%+v", c), "%#v": fmt.Sprintf("%#v", c), "log": logged.String()} {
			if strings.Contains(text, "hunter2") || !strings.Contains(text, test.want) {
				t.Errorf("%s of %s has no %s, or a secret:\n%s", way, test.value, test.want, text)
			}
		}
	}
}

func TestDerived(t *testing.T) {
	for listen, want := range map[string]string{":9000": "http://localhost:9000", "0.0.0.0:80": "http://localhost:80", "[::]:80": "http://localhost:80", "shop.example:443": "http://shop.example:443", "[2001:db8::1]:80": "http://[2001:db8::1]:80"} {
		c, _, err := config.Load(config.Sources{Args: map[string]string{"listen": listen}, Env: env(t)})
		if err != nil || c.PublicURL != want {
			t.Errorf("%s gives %s, %v", listen, c.PublicURL, err)
		}
	}
	for _, test := range []struct {
		url, cookies string
		secure       bool
	}{{"https://x.example/", "auto", true}, {"http://x.example", "auto", false}, {"http://x.example", "on", true}, {"https://x.example", "off", false}} {
		c, _, err := config.Load(config.Sources{Args: map[string]string{"public-url": test.url, "secure-cookies": test.cookies}, Env: env(t)})
		if err != nil || c.CookiesAreSecure() != test.secure || strings.HasSuffix(c.PublicURL, "/") {
			t.Errorf("%+v: %s, %v", test, c, err)
		}
	}
}

func FuzzFile(f *testing.F) {
	f.Add("listen = 'a:1'\n[log]\nlevel = 'info'\n")
	f.Add("log.level = \"debug\"\nlimits = { batch_rows = 1 }\n")
	f.Add("trusted_proxies = [\n '::1',\n]\n")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(dir, "fuzz.toml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, origins, err := config.Load(config.Sources{File: path, Env: []string{"HOME=" + dir}})
		if err != nil {
			if !errors.Is(err, fault.Invalid) {
				t.Errorf("%v", err)
			}
			return
		}
		// Whatever is accepted can be printed and read again.
		var b strings.Builder
		if err := c.Describe(&b, origins); err != nil {
			t.Fatal(err)
		}
		var tree map[string]any
		if _, err := toml.Decode(b.String(), &tree); err != nil {
			t.Errorf("%v in\n%s", err, b.String())
		}
	})
}
