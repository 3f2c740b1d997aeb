package cli

import (
	"github.com/ownmark/ownmark/internal/config"
)

// settings are the flags of every command that opens storage or listens: config.Config's fields, each with the same
// meaning as in the file and the environment. `ownmark config` prints the manual.
type settings struct {
	ConfigFile string `name:"config" placeholder:"FILE" help:"Settings file (TOML)."`

	Data                  *string `placeholder:"DIR" help:"Folder for everything kept on this machine."`
	Database              *string `placeholder:"URL" help:"sqlite:PATH or postgres://…"`
	NATS                  *string `name:"nats" placeholder:"URL" help:"A NATS cluster; without it the stream runs in this process."`
	Blob                  *string `placeholder:"URL" help:"Folder or s3://BUCKET for pictures and documents."`
	Listen                *string `placeholder:"HOST:PORT" help:"Where console and API listen."`
	AdminListen           *string `placeholder:"HOST:PORT" help:"Where health, metrics and profiles listen; off closes it."`
	PublicURL             *string `name:"public-url" placeholder:"URL" help:"How the outside reaches this server."`
	Workers               *string `placeholder:"N" help:"Listings scanned at once."`
	Industries            *string `placeholder:"FOLDER" help:"Industries and lessons of one's own."`
	PolicyActs            *string `placeholder:"none|restrict|remove" help:"What a policy may do without a person."`
	TwoPersonsAbove       *string `placeholder:"N" help:"On more listings at once a second person confirms; 0: on none."`
	TransparencyURL       *string `name:"transparency-url" placeholder:"URL" help:"The EU's database of statements of reasons; empty: nothing is sent."`
	TransparencyTokenFile *string `placeholder:"FILE" help:"The file with its token."`
	TimestampAuthority    *string `placeholder:"URL" help:"A time-stamp authority for bundles of evidence; empty: none is asked."`
	Language              *string `placeholder:"en|zh" help:"Language where nobody chose one."`
	TrustedProxies        *string `placeholder:"NETS" help:"Networks whose X-Forwarded-For is believed."`
	SecureCookies         *string `placeholder:"on|off|auto" help:"Cookies over HTTPS only."`
	LogLevel              *string `placeholder:"LEVEL" help:"debug, info, warn or error."`
	LogFormat             *string `placeholder:"FORMAT" help:"text or json."`

	LimitsRequestBytes  *string `placeholder:"BYTES" help:"Largest body of a request."`
	LimitsBatchRows     *string `placeholder:"N" help:"Most listings in a batch."`
	LimitsFieldRunes    *string `placeholder:"N" help:"Longest text field of a listing."`
	LimitsPictureBytes  *string `placeholder:"BYTES" help:"Largest picture file."`
	LimitsPicturePixels *string `placeholder:"N" help:"Largest picture, width times height."`
	LimitsPicturesKept  *string `placeholder:"N" help:"Pictures of listings kept in memory."`
}

// given is the flags that were given, by name.
func (s *settings) given() map[string]string {
	all := map[string]*string{
		"data": s.Data, "database": s.Database, "nats": s.NATS, "blob": s.Blob, "listen": s.Listen,
		"admin-listen": s.AdminListen, "public-url": s.PublicURL, "workers": s.Workers, "policy-acts": s.PolicyActs, "two-persons-above": s.TwoPersonsAbove, "industries": s.Industries, "language": s.Language,
		"transparency-url": s.TransparencyURL, "transparency-token-file": s.TransparencyTokenFile,
		"timestamp-authority": s.TimestampAuthority,
		"trusted-proxies":     s.TrustedProxies, "secure-cookies": s.SecureCookies,
		"log-level": s.LogLevel, "log-format": s.LogFormat,
		"limits-request-bytes": s.LimitsRequestBytes, "limits-batch-rows": s.LimitsBatchRows,
		"limits-field-runes": s.LimitsFieldRunes, "limits-picture-bytes": s.LimitsPictureBytes,
		"limits-picture-pixels": s.LimitsPicturePixels, "limits-pictures-kept": s.LimitsPicturesKept,
	}
	given := map[string]string{}
	for name, value := range all {
		if value != nil {
			given[name] = *value
		}
	}
	return given
}

// load reads the settings in force.
func (s *settings) load(c *console) (config.Config, config.Origins, error) {
	return config.Load(config.Sources{Args: s.given(), Env: c.env, File: s.ConfigFile})
}

type configCommand struct {
	settings
}

// Run prints the settings in force as a settings file, each with its origin.
func (cmd *configCommand) Run(c *console) error {
	in, origins, err := cmd.load(c)
	if err != nil {
		return err
	}
	return in.Describe(c.out, origins)
}
