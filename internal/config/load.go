package config

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/ownmark/ownmark/internal/fault"
)

// Sources is where values come from.
type Sources struct {
	Args map[string]string // flag name without dashes before it → value; only those given
	Env  []string          // as os.Environ gives it
	File string            // the file named by --config; empty: OWNMARK_CONFIG, then the usual places
}

// Origin says where a value in force comes from: "default", "flag --listen", "OWNMARK_LISTEN" or "/etc/ownmark.toml:3".
type Origin string

// Default is the Origin of what nobody has set.
const Default Origin = "default"

// Origins gives the origin of each key ("log.level").
type Origins map[string]Origin

// Load reads the sources, fills in defaults and checks every value. The error joins one fault.Invalid for each thing that is wrong, with the
// setting and where it was made.
func Load(from Sources) (Config, Origins, error) {
	l := loading{config: defaults, origins: Origins{}, env: environment(from.Env)}
	for _, f := range Fields() {
		l.origins[f.Key] = Default
	}
	// The data folder first: a file may lie in it.
	data, dataErr := dataFolder(l.env)
	l.config.Data = data
	if text := l.env["OWNMARK_DATA"]; text != "" {
		l.config.Data = text
	}
	if text, ok := from.Args["data"]; ok && text != "" {
		l.config.Data = text
	}
	path, must := from.File, true
	if path == "" {
		path = l.env["OWNMARK_CONFIG"]
	}
	inData := false
	if path == "" {
		path, inData = usualFile(l.config.Data, l.env)
		must = false
	}
	chosen := l.config.Data
	l.config.Data = data
	if path != "" {
		l.readFile(path, must)
	}
	if inData && l.origins["data"] != Default {
		l.wrong("data", fault.Invalid.Say("The file %s lies in the data folder and so cannot say where that is.", path))
		l.config.Data = chosen
	}
	l.readEnv()
	l.readArgs(from.Args)
	if dataErr != nil && l.origins["data"] == Default {
		l.wrong("data", fault.Invalid.Say("There is no home folder. Say with --data where Ownmark may keep its files.").Because(dataErr))
	}
	l.fill()
	l.check()
	if len(l.faults) > 0 {
		return Config{}, nil, errors.Join(l.faults...)
	}
	return l.config, l.origins, nil
}

type loading struct {
	config  Config
	origins Origins
	env     map[string]string
	faults  []error
}

func (l *loading) wrong(key string, f *fault.Fault) { l.faults = append(l.faults, f.At(key)) }

func environment(pairs []string) map[string]string {
	env := map[string]string{}
	for _, pair := range pairs {
		if name, value, ok := strings.Cut(pair, "="); ok {
			env[name] = value
		}
	}
	return env
}

func dataFolder(env map[string]string) (string, error) {
	home := env["HOME"]
	switch runtime.GOOS {
	case "windows":
		if dir := env["LOCALAPPDATA"]; dir != "" {
			return filepath.Join(dir, "ownmark"), nil
		}
	case "darwin":
		if home != "" {
			return filepath.Join(home, "Library", "Application Support", "ownmark"), nil
		}
	default:
		if dir := env["XDG_DATA_HOME"]; filepath.IsAbs(dir) {
			return filepath.Join(dir, "ownmark"), nil
		}
		if home != "" {
			return filepath.Join(home, ".local", "share", "ownmark"), nil
		}
	}
	return "", errors.New("no home folder in the environment")
}

// usualFile finds the file that is read when none was named; empty when there is none.
func usualFile(data string, env map[string]string) (path string, inData bool) {
	if data != "" {
		if path := filepath.Join(data, "ownmark.toml"); isFile(path) {
			return path, true
		}
	}
	dir := env["XDG_CONFIG_HOME"]
	if !filepath.IsAbs(dir) && env["HOME"] != "" {
		dir = filepath.Join(env["HOME"], ".config")
	}
	if filepath.IsAbs(dir) {
		if path := filepath.Join(dir, "ownmark", "ownmark.toml"); isFile(path) {
			return path, false
		}
	}
	return "", false
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// maxFile bounds the file, in bytes: it is ours, but a wrong path should not be read for long.
const maxFile = 64 << 10

func (l *loading) readFile(path string, must bool) {
	file, err := os.Open(path)
	if err != nil {
		if must || !errors.Is(err, os.ErrNotExist) {
			l.wrong("config", fault.Invalid.Say("The configuration file %s cannot be read.", path).Because(err))
		}
		return
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil || len(text) > maxFile {
		l.wrong("config", fault.Invalid.Say("The configuration file %s cannot be read, or is larger than %d bytes.", path, maxFile).Because(err))
		return
	}
	l.readTOML(path, string(text))
}

func (l *loading) readTOML(path, text string) {
	var tree map[string]any
	if _, err := toml.Decode(text, &tree); err != nil {
		line := 0
		if parse, ok := errors.AsType[toml.ParseError](err); ok {
			line = parse.Position.Line
		}
		// The parser's own words may quote the line, which may hold a password: they stay out.
		l.wrong("config", fault.Invalid.Say("The configuration file %s is not TOML: see line %d.", path, line))
		return
	}
	l.readTable(path, text, "", tree)
}

func (l *loading) readTable(path, text, prefix string, table map[string]any) {
	names := make([]string, 0, len(table))
	for name := range table {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		key, value := prefix+name, table[name]
		line := lineOf(text, prefix, name)
		if inner, ok := value.(map[string]any); ok && isTable(key) {
			l.readTable(path, text, key+".", inner)
			continue
		}
		f, ok := field(func(f Field) bool { return f.Key == key })
		if !ok {
			l.unknown(fmt.Sprintf("%s, line %d", path, line), key, func(f Field) string { return f.Key })
			continue
		}
		if err := f.setValue(&l.config, value); err != nil {
			l.wrong(key, fault.Invalid.Say("%s in %s, line %d, has to be %s.", key, path, line, f.kind()))
			continue
		}
		l.origins[key] = Origin(fmt.Sprintf("%s:%d", path, line))
	}
}

func isTable(key string) bool {
	return slices.ContainsFunc(Fields(), func(f Field) bool { return strings.HasPrefix(f.Key, key+".") })
}

func field(is func(Field) bool) (Field, bool) {
	i := slices.IndexFunc(Fields(), is)
	if i < 0 {
		return Field{}, false
	}
	return Fields()[i], true
}

// lineOf finds the line on which a key is set, for messages; the TOML reader does not tell. 0 when it is written in a way this does not see.
func lineOf(text, prefix, name string) int {
	table, number := "", 0
	whole := prefix + name
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if inner, ok := strings.CutPrefix(line, "["); ok {
			inner, _, _ = strings.Cut(strings.TrimPrefix(inner, "["), "]")
			table = plainKey(inner)
			if table == whole {
				return number
			}
			continue
		}
		key, _, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		at := plainKey(key)
		if table != "" {
			at = table + "." + at
		}
		if at == whole || strings.HasPrefix(at, whole+".") || strings.HasPrefix(whole, at+".") {
			return number
		}
	}
	return 0
}

func plainKey(key string) string {
	return strings.NewReplacer(" ", "", "\t", "", `"`, "", "'", "").Replace(key)
}

func (l *loading) readEnv() {
	names := make([]string, 0, len(l.env))
	for name := range l.env {
		if strings.HasPrefix(name, "OWNMARK_") && name != "OWNMARK_CONFIG" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		f, ok := field(func(f Field) bool { return f.Env == name })
		if !ok {
			l.unknown("the environment", name, func(f Field) string { return f.Env })
			continue
		}
		// An empty variable is how compose files and unit files say "not set".
		if l.env[name] == "" {
			continue
		}
		l.setText(f, l.env[name], name, Origin(name))
	}
}

func (l *loading) readArgs(args map[string]string) {
	names := make([]string, 0, len(args))
	for name := range args {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		f, ok := field(func(f Field) bool { return f.Flag == name })
		if !ok {
			l.unknown("the command line", "--"+name, func(f Field) string { return "--" + f.Flag })
			continue
		}
		l.setText(f, args[name], "--"+name, Origin("flag --"+name))
	}
}

func (l *loading) setText(f Field, text, name string, origin Origin) {
	if err := f.setText(&l.config, text); err != nil {
		l.wrong(f.Key, fault.Invalid.Say("%s has to be %s.", name, f.kind()))
		return
	}
	l.origins[f.Key] = origin
}

func (l *loading) unknown(where, name string, called func(Field) string) {
	best, least := "", 1<<30
	for _, f := range Fields() {
		if d := distance(strings.ToLower(called(f)), strings.ToLower(shorten(name))); d < least {
			best, least = called(f), d
		}
	}
	if least <= max(2, len(name)/3) {
		l.wrong(name, fault.Invalid.Say("There is no setting %s (in %s). Did you mean %s?", shorten(name), where, best))
		return
	}
	l.wrong(name, fault.Invalid.Say("There is no setting %s (in %s). ownmark config shows them all.", shorten(name), where))
}

func shorten(s string) string {
	if len(s) > 60 {
		s = s[:60] + "…"
	}
	return strings.ToValidUTF8(s, "?")
}

// distance is the least number of letters to put in, take out, change or swap with their neighbour.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// fill puts in what depends on other values.
func (l *loading) fill() {
	c := &l.config
	if c.Data != "" {
		if data, err := filepath.Abs(c.Data); err == nil {
			c.Data = data
		}
	}
	if c.Database == "" {
		c.Database = "sqlite:" + filepath.Join(c.Data, "ownmark.db")
	}
	if c.Blob == "" {
		c.Blob = filepath.Join(c.Data, "blobs")
	}
	if c.Workers == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.PublicURL == "" {
		host, port, err := net.SplitHostPort(c.Listen)
		if err == nil {
			if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
				host = "localhost"
			}
			c.PublicURL = "http://" + net.JoinHostPort(host, port)
		}
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
}

// check holds every value against what it may be. Messages do not repeat values that may hold a password.
func (l *loading) check() {
	c := l.config
	if !hasScheme(c.Database, "sqlite:", "postgres://", "postgresql://") || strings.TrimPrefix(c.Database, "sqlite:") == "" {
		l.wrong("database", fault.Invalid.Say("database has to begin with sqlite: or postgres://."))
	}
	for _, server := range strings.Split(c.NATS, ",") {
		if c.NATS != "" && !hasScheme(strings.TrimSpace(server), "nats://", "tls://", "ws://", "wss://") {
			l.wrong("nats", fault.Invalid.Say("nats has to be nats://HOST, several with commas between."))
			break
		}
	}
	if strings.Contains(c.Blob, "://") && !hasScheme(c.Blob, "s3://", "gs://", "azblob://", "file://", "mem://") {
		l.wrong("blob", fault.Invalid.Say("blob has to be a folder, or begin with s3://, gs:// or azblob://."))
	}
	if !isAddress(c.Listen) {
		l.wrong("listen", fault.Invalid.Say("listen has to be HOST:PORT."))
	}
	if c.AdminListen != "off" && !isAddress(c.AdminListen) {
		l.wrong("admin_listen", fault.Invalid.Say("admin_listen has to be HOST:PORT, or off."))
	}
	// The default is made from the listen address, which has had its own sentence.
	if u, err := url.Parse(c.PublicURL); l.origins["public_url"] != Default && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "") {
		l.wrong("public_url", fault.Invalid.Say("public_url has to be https://HOST, without a path."))
	}
	if u, err := url.Parse(c.TransparencyURL); c.TransparencyURL != "" && (err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" ||
		u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname()))) {
		l.wrong("transparency_url", fault.Invalid.Say("transparency_url has to be https://HOST, without a path."))
	}
	if (c.TransparencyURL == "") != (c.TransparencyTokenFile == "") {
		l.wrong("transparency_token_file", fault.Invalid.Say("transparency_url and transparency_token_file go together."))
	}
	// What an authority answers is signed, so plain HTTP, which most of them speak, takes nothing away.
	if u, err := url.Parse(c.TimestampAuthority); c.TimestampAuthority != "" && (err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http") {
		l.wrong("timestamp_authority", fault.Invalid.Say("timestamp_authority has to be http://HOST/PATH or https://HOST/PATH."))
	}
	if !slices.Contains([]string{"none", "restrict", "remove"}, c.PolicyActs) {
		l.wrong("policy_acts", fault.Invalid.Say("policy_acts has to be none, restrict or remove."))
	}
	if c.TwoPersonsAbove < 0 || c.TwoPersonsAbove > 10_000 {
		l.wrong("two_persons_above", fault.Invalid.Say("two_persons_above has to be between 0 and 10000."))
	}
	if c.Workers < 1 || c.Workers > 4096 {
		l.wrong("workers", fault.Invalid.Say("workers has to be between 0 and 4096."))
	}
	l.oneOf("language", c.Language, "en", "zh")
	l.oneOf("secure_cookies", c.SecureCookies, "auto", "on", "off")
	l.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	l.oneOf("log.format", c.Log.Format, "text", "json")
	for _, network := range c.TrustedProxies {
		if _, err := parseNetwork(network); err != nil {
			l.wrong("trusted_proxies", fault.Invalid.Say("trusted_proxies has to hold networks such as 10.0.0.0/8."))
			break
		}
	}
	for _, bound := range []struct {
		key   string
		value int64
		most  int64
	}{
		{"limits.request_bytes", c.Limits.RequestBytes, 4 << 30},
		{"limits.batch_rows", int64(c.Limits.BatchRows), 1_000_000},
		{"limits.field_runes", int64(c.Limits.FieldRunes), 10_000_000},
		{"limits.picture_bytes", c.Limits.PictureBytes, 1 << 30},
		{"limits.picture_pixels", c.Limits.PicturePixels, 1_000_000_000},
		{"limits.pictures_kept", int64(c.Limits.PicturesKept), 200_000_000},
	} {
		if bound.value < 1 || bound.value > bound.most {
			l.wrong(bound.key, fault.Invalid.Say("%s has to be between 1 and %d.", bound.key, bound.most))
		}
	}
	for _, f := range Fields() {
		if text := f.of(&c); strings.ContainsRune(text.String(), 0) {
			l.wrong(f.Key, fault.Invalid.Say("%s has a NUL character.", f.Key))
		}
	}
}

func (l *loading) oneOf(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		l.wrong(key, fault.Invalid.Say("%s has to be one of %s.", key, strings.Join(allowed, ", ")))
	}
}

func hasScheme(value string, schemes ...string) bool {
	return slices.ContainsFunc(schemes, func(s string) bool { return strings.HasPrefix(value, s) })
}

// isLoopback reports whether a host is this machine, to which a token may go in clear.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func isAddress(address string) bool {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	return prefix.Masked(), err
}

// Proxies is TrustedProxies as networks.
func (c Config) Proxies() []netip.Prefix {
	var all []netip.Prefix
	for _, text := range c.TrustedProxies {
		if network, err := parseNetwork(text); err == nil {
			all = append(all, network)
		}
	}
	return all
}

// CookiesAreSecure is SecureCookies with auto resolved.
func (c Config) CookiesAreSecure() bool {
	return c.SecureCookies == "on" || c.SecureCookies == "auto" && strings.HasPrefix(c.PublicURL, "https://")
}
