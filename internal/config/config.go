// Package config reads how Ownmark is to run: from flags, the environment, a file, or defaults, in that order.
//
// The comments on the fields of Config are the manual: `ownmark config` prints them with the values in force, in the
// format of the file. A field's key there is its name in lower case with underscores (admin_listen, log.level); as a flag it has dashes
// (--admin-listen, --log-level), and in the environment it is OWNMARK_ADMIN_LISTEN, OWNMARK_LOG_LEVEL. The file is TOML: the one
// named by --config or OWNMARK_CONFIG, else ownmark.toml in the data folder, else ownmark/ownmark.toml in the person's
// configuration folder ($XDG_CONFIG_HOME, ~/.config).
package config

// Config is everything that can be set. Load gives it with every default filled in and every value checked.
type Config struct {
	// Data is the folder Ownmark keeps its files in: the embedded database, pictures, the stream and the ledger's key.
	// Default: ownmark in the person's folder for application data.
	Data string
	// Database is where data is kept: sqlite:PATH or postgres://NAME:PASSWORD@HOST/DATABASE.
	// Default: a SQLite file in the data folder.
	Database string
	// NATS is the stream: nats://HOST, several with commas between, for a JetStream cluster.
	// Default: empty, a stream inside this process without a port.
	NATS string
	// Blob is where pictures and documents are kept: a folder, or a bucket as s3://BUCKET, gs://BUCKET or azblob://CONTAINER.
	// Default: a folder in the data folder.
	Blob string
	// Listen is the address people and programs connect to, as HOST:PORT.
	Listen string
	// AdminListen is the address of metrics, profiles and health, for operators only, as HOST:PORT; off closes it.
	AdminListen string
	// PublicURL is how the outside reaches this server, as links need it: https://ownmark.example.
	// Default: made from the listen address.
	PublicURL string
	// Workers is how many listings this process scans at once. Default: 0, one per processor.
	Workers int
	// TwoPersonsAbove is on how many listings at once one person may remove or restrict alone; on more a second person has to confirm. 0 means that
	// nobody has to. Default: 25.
	TwoPersonsAbove int
	// PolicyActs is what a policy's rules may do without a person: none, restrict, or remove, which includes restrict. What they may not do by
	// themselves waits in the queue as a proposal.
	PolicyActs string
	// Industries is a folder with industries/*.yaml and lessons/ of the operator's own; a file of the same name replaces the one that ships.
	Industries string
	// TransparencyURL is the EU's database of statements of reasons (DSA, article 24(5)): https://transparency.dsa.ec.europa.eu. Every decision that
	// restricts a listing is told there within minutes. Default: empty, nothing is told to anybody.
	TransparencyURL string
	// TransparencyTokenFile is the file with the token that the database has given this marketplace.
	TransparencyTokenFile string
	// TimestampAuthority is the address of a time-stamp authority (RFC 3161 over HTTP) that is asked to put its clock under every bundle of evidence:
	// http://timestamp.example/. It learns the hash of the bundle's manifest and nothing else. Default: empty, bundles bear the ledger's own clock alone.
	TimestampAuthority string
	// Language is that of pages and messages where a person has chosen none and the browser asks for neither: en or zh.
	Language string
	// TrustedProxies are the networks whose X-Forwarded-For and X-Forwarded-Proto are believed, such as 10.0.0.0/8.
	// Default: none.
	TrustedProxies []string
	// SecureCookies says whether cookies are sent over HTTPS only: on, off, or auto, which is on when the public URL is https.
	SecureCookies string

	Log    Log
	Limits Limits
}

// Log is what is written down while running.
type Log struct {
	// Level is the least that is logged: debug, info, warn or error.
	Level string
	// Format is how: text for people, json for machines.
	Format string
}

// Limits are the bounds on what one request may bring. Bytes may be written as 16MiB.
type Limits struct {
	// RequestBytes is the largest body of a request.
	RequestBytes int64
	// BatchRows is the largest number of listings in one batch.
	BatchRows int
	// FieldRunes is the longest text field of a listing, in characters.
	FieldRunes int
	// PictureBytes is the largest picture file.
	PictureBytes int64
	// PicturePixels is the largest picture once decoded, width times height.
	PicturePixels int64
	// PicturesKept is how many pictures of listings, the newest, each process keeps in memory to find them again, at about 200 bytes each.
	PicturesKept int
}

// defaults is what is in force where nothing is said; Load adds what depends on the machine.
var defaults = Config{
	Listen:          "localhost:8080",
	AdminListen:     "localhost:8081",
	TwoPersonsAbove: 25,
	PolicyActs:      "none",
	Language:        "en",
	SecureCookies:   "auto",
	Log:             Log{Level: "info", Format: "text"},
	Limits: Limits{
		RequestBytes:  32 << 20,
		BatchRows:     10_000,
		FieldRunes:    20_000,
		PictureBytes:  16 << 20,
		PicturePixels: 50_000_000,
		PicturesKept:  1_000_000,
	},
}
