package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// Config is everything that can be set. Each key may stand in the YAML file
// ("smtp: {host: …}"), in the environment (TOCSIN_SMTP_HOST) and, but for
// secrets, on the command line (--smtp-host); later ones win.
type Config struct {
	Data    string `yaml:"data" help:"directory of everything that is stored"`
	HTTP    string `yaml:"http" help:"address of the web interface and API; port 0 takes a free one"`
	Syslog  string `yaml:"syslog" help:"address of the syslog receivers (UDP and TCP); empty for none"`
	BaseURL string `yaml:"base_url" help:"address under which people reach this server, for links in messages"`
	Proxies string `yaml:"proxies" help:"addresses or networks of reverse proxies, separated by commas: their X-Forwarded-For is believed"`
	DB      string `yaml:"db" secret:"maybe" help:"postgres://… for PostgreSQL; empty for SQLite in the data directory"`
	Dev     bool   `yaml:"dev" help:"serve the interface from ui/dist of the working directory"`

	Log struct {
		Format string `yaml:"format" help:"text or json"`
		Level  string `yaml:"level" help:"debug, info, warn or error"`
	} `yaml:"log"`
	Journal struct {
		MaxBytes int64  `yaml:"max_bytes" help:"bytes that the journal may hold before it refuses"`
		URL      string `yaml:"url" secret:"maybe" help:"nats://… of an existing cluster; empty for the embedded journal"`
		Monitors string `yaml:"monitors" help:"monitoring addresses of the cluster's servers, separated by commas"`
		Replicas int    `yaml:"replicas" help:"copies that the cluster keeps"`
	} `yaml:"journal"`
	Events struct {
		Engine    string        `yaml:"engine" help:"what keeps events: embedded, or clickhouse"`
		Memory    int64         `yaml:"memory" help:"bytes of memory for the event store"`
		SealRows  int64         `yaml:"seal_rows" help:"rows in memory that are sealed into a segment"`
		SealEvery time.Duration `yaml:"seal_every" help:"age of the oldest row in memory that is sealed"`
	} `yaml:"events"`
	Exports struct {
		MaxBytes int64 `yaml:"max_bytes" help:"bytes that the file of an export may have"`
	} `yaml:"exports"`
	ClickHouse struct {
		Hosts    string `yaml:"hosts" help:"https://host:port of ClickHouse's HTTP interface; several, separated by commas, are tried in turn"`
		Database string `yaml:"database" help:"database for events, made when it is not there"`
		User     string `yaml:"user" help:"user at ClickHouse"`
		Password string `yaml:"password" secret:"yes" help:"password at ClickHouse"`
		TLS      struct {
			CAFile     string `yaml:"ca_file" help:"PEM file of authorities to trust besides the system's"`
			CertFile   string `yaml:"cert_file" help:"PEM file of a client certificate"`
			KeyFile    string `yaml:"key_file" help:"PEM file of its key"`
			ServerName string `yaml:"server_name" help:"name that the servers' certificates have, where it is not their host's"`
		} `yaml:"tls"`
		Cluster    string `yaml:"cluster" help:"cluster of the servers' configuration over which tables are spread; empty for one server"`
		Replicated bool   `yaml:"replicated" help:"the cluster's shards have replicas"`
	} `yaml:"clickhouse"`
	Retention struct {
		Delay time.Duration `yaml:"delay" help:"time between the approval of what shortens retention and its effect"`
	} `yaml:"retention"`
	Evidence struct {
		Copy string `yaml:"copy" help:"directory of the second copy of evidence, on another disk; empty for evidence-copy in the data directory"`
	} `yaml:"evidence"`
	Tier struct {
		Directory string `yaml:"directory" help:"directory outside of the data directory that old segments move to; empty for none"`
		AfterDays int64  `yaml:"after_days" help:"age in days at which segments move to the tier"`
		S3        struct {
			Endpoint   string `yaml:"endpoint" help:"host or host:port of an S3-compatible store that old segments move to; empty for none"`
			Bucket     string `yaml:"bucket" help:"its bucket, which must exist"`
			Prefix     string `yaml:"prefix" help:"what names in the bucket begin with"`
			Region     string `yaml:"region" help:"its region, where it has some"`
			AccessKey  string `yaml:"access_key" secret:"yes" help:"access key at the store"`
			SecretKey  string `yaml:"secret_key" secret:"yes" help:"secret key at the store"`
			PlainHTTP  bool   `yaml:"plain_http" help:"speak to the store without TLS"`
			CacheBytes int64  `yaml:"cache_bytes" help:"bytes of fetched segments that are kept in the data directory"`
		} `yaml:"s3"`
	} `yaml:"tier"`
	Disk struct {
		LowPercent  int `yaml:"low_percent" help:"free space of the data directory's disk below which it is low"`
		FullPercent int `yaml:"full_percent" help:"free space below which it is full"`
	} `yaml:"disk"`
	SMTP struct {
		Host     string `yaml:"host" help:"mail server; empty sends no mail"`
		Port     int    `yaml:"port" help:"port of the mail server"`
		From     string `yaml:"from" help:"sender of mail"`
		User     string `yaml:"user" help:"user at the mail server"`
		Password string `yaml:"password" secret:"yes" help:"password at the mail server"`
		TLS      string `yaml:"tls" help:"mandatory, opportunistic, implicit or none"`
	} `yaml:"smtp"`
	Webhook struct {
		Secret       string `yaml:"secret" secret:"yes" help:"key that signs webhooks (Standard Webhooks); made on first start when empty"`
		AllowPrivate bool   `yaml:"allow_private" help:"let webhooks go to private and loopback addresses, and without TLS"`
	} `yaml:"webhook"`
	Ntfy struct {
		Server string `yaml:"server" help:"ntfy server for topics that are given without one"`
		Token  string `yaml:"token" secret:"yes" help:"access token at the ntfy server"`
	} `yaml:"ntfy"`
	Reports struct {
		Anonymous bool `yaml:"anonymous" help:"people may report without naming themselves"`
	} `yaml:"reports"`
}

// Defaults is the configuration of a first start.
func Defaults() Config {
	c := Config{Data: "data", HTTP: "127.0.0.1:8080", Syslog: "127.0.0.1:5514"}
	c.Log.Format, c.Log.Level = "text", "info"
	c.Journal.MaxBytes, c.Journal.Replicas = 4<<30, 3
	c.Events.Engine, c.ClickHouse.Database, c.ClickHouse.User = "embedded", "tocsin", "default"
	c.Events.Memory, c.Events.SealRows, c.Events.SealEvery = 512<<20, 98_304, time.Hour
	c.Exports.MaxBytes = 2 << 30
	c.Retention.Delay, c.Tier.AfterDays, c.Tier.S3.CacheBytes = 24*time.Hour, 30, 4<<30
	c.Disk.LowPercent, c.Disk.FullPercent = 10, 3
	c.SMTP.Port, c.SMTP.From, c.SMTP.TLS = 587, "tocsin@localhost", "opportunistic"
	c.Ntfy.Server = "https://ntfy.sh"
	c.Reports.Anonymous = true
	return c
}

// Key is one setting.
type Key struct {
	Name   string // "smtp.host"
	Env    string // "TOCSIN_SMTP_HOST"
	Flag   string // "smtp-host"; "" for secrets
	Help   string
	Secret bool
	value  reflect.Value
}

// Keys lists the settings of a configuration, bound to it.
func (c *Config) Keys() []Key {
	var out []Key
	var walk func(prefix string, v reflect.Value)
	walk = func(prefix string, v reflect.Value) {
		for i := range v.NumField() {
			f := v.Type().Field(i)
			name := prefix + f.Tag.Get("yaml")
			if f.Type.Kind() == reflect.Struct {
				walk(name+".", v.Field(i))
				continue
			}
			k := Key{Name: name, Help: f.Tag.Get("help"), Secret: f.Tag.Get("secret") != "", value: v.Field(i)}
			k.Env = "TOCSIN_" + strings.ToUpper(strings.ReplaceAll(name, ".", "_"))
			if f.Tag.Get("secret") != "yes" {
				k.Flag = strings.NewReplacer(".", "-", "_", "-").Replace(name)
			}
			out = append(out, k)
		}
	}
	walk("", reflect.ValueOf(c).Elem())
	return out
}

// Set parses text into the setting.
func (k Key) Set(text string) error {
	var err error
	switch p := k.value.Addr().Interface().(type) {
	case *string:
		*p = text
	case *bool:
		*p, err = strconv.ParseBool(text)
	case *int:
		*p, err = strconv.Atoi(text)
	case *int64:
		*p, err = strconv.ParseInt(text, 10, 64)
	case *time.Duration:
		*p, err = time.ParseDuration(text)
	default:
		err = fmt.Errorf("settings of type %T are not read", p)
	}
	if err != nil {
		return fmt.Errorf("%s: %q is not a value for it (%s)", k.Name, text, k.Help)
	}
	return nil
}

// Text is the setting's value, "(set)" for a secret that is set.
func (k Key) Text() string {
	t := fmt.Sprint(k.value.Interface())
	if k.Secret && t != "" {
		return "(set)"
	}
	return t
}

// notSettings are variables of the same prefix that are no settings.
var notSettings = map[string]bool{"TOCSIN_CONFIG": true, "TOCSIN_BOOTSTRAP_TOKEN": true, "TOCSIN_TOKEN": true, "TOCSIN_URL": true}

// Load applies the file (when not "") and the environment to c.
func (c *Config) Load(file string, environ []string) error {
	if file != "" {
		if err := c.loadFile(file); err != nil {
			return err
		}
	}
	keys := map[string]Key{}
	var names []string
	for _, k := range c.Keys() {
		keys[k.Env] = k
		names = append(names, k.Env)
	}
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, "TOCSIN_") || notSettings[name] || strings.HasPrefix(name, "TOCSIN_TEST_") {
			continue
		}
		k, ok := keys[name]
		if !ok {
			return fmt.Errorf("environment: %s is not a setting; did you mean %s?", name, nearest(name, names))
		}
		if err := k.Set(value); err != nil {
			return fmt.Errorf("environment: %w", err)
		}
	}
	return nil
}

func (c *Config) loadFile(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return fmt.Errorf("configuration %s: %s", file, strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	if len(tree) == 0 {
		return nil
	}
	known := map[string]bool{}
	var names []string
	for _, k := range c.Keys() {
		names = append(names, k.Name)
		known[k.Name] = true
		if i := strings.LastIndexByte(k.Name, '.'); i > 0 {
			known[k.Name[:i]] = true
		}
	}
	if err := checkKeys("", tree, known, names); err != nil {
		return fmt.Errorf("configuration %s: %w", file, err)
	}
	if err := yaml.UnmarshalWithOptions(text, c, yaml.Strict()); err != nil {
		return fmt.Errorf("configuration %s: %s", file, strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	return nil
}

func checkKeys(prefix string, tree map[string]any, known map[string]bool, names []string) error {
	keys := make([]string, 0, len(tree))
	for k := range tree {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		if !known[prefix+k] {
			return fmt.Errorf("%s is not a setting; did you mean %s?", prefix+k, nearest(prefix+k, names))
		}
		if sub, ok := tree[k].(map[string]any); ok {
			if err := checkKeys(prefix+k+".", sub, known, names); err != nil {
				return err
			}
		}
	}
	return nil
}

// nearest finds the name with the smallest edit distance.
func nearest(name string, names []string) string {
	best, at := "", 1<<30
	for _, n := range names {
		if d := distance(name, n); d < at {
			best, at = n, d
		}
	}
	return best
}

func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(row[j]+1, row[j-1]+1, cost)
		}
	}
	return row[len(b)]
}

// Check says what is wrong with the settings together.
func (c *Config) Check() error {
	switch {
	case c.Data == "":
		return errors.New("data: name a directory")
	case c.Log.Format != "text" && c.Log.Format != "json":
		return fmt.Errorf("log.format: %q is neither text nor json", c.Log.Format)
	case c.Journal.MaxBytes < 4<<20:
		return fmt.Errorf("journal.max_bytes: %d is too small, at least %d is needed", c.Journal.MaxBytes, 4<<20)
	case c.Exports.MaxBytes < 1<<20:
		return fmt.Errorf("exports.max_bytes: %d is too small, at least %d is needed", c.Exports.MaxBytes, 1<<20)
	case c.Events.Engine != "embedded" && c.Events.Engine != "clickhouse":
		return fmt.Errorf("events.engine: %q is neither embedded nor clickhouse", c.Events.Engine)
	case c.Events.Engine == "clickhouse" && c.ClickHouse.Hosts == "":
		return errors.New("clickhouse.hosts: name at least one, as events.engine is clickhouse")
	case c.Events.Engine == "clickhouse" && (c.Tier.Directory != "" || c.Tier.S3.Endpoint != ""):
		return errors.New("tier: events in ClickHouse have no tier; use a storage policy of ClickHouse, and leave tier.directory and tier.s3.endpoint out")
	case c.Retention.Delay < time.Minute:
		return fmt.Errorf("retention.delay: %s is too short, at least a minute is needed", c.Retention.Delay)
	case c.Tier.Directory != "" && c.Tier.S3.Endpoint != "":
		return errors.New("tier: choose either tier.directory or tier.s3.endpoint")
	case c.Tier.AfterDays < 1:
		return fmt.Errorf("tier.after_days: %d is too few, at least 1 is needed", c.Tier.AfterDays)
	case c.Disk.FullPercent < 0 || c.Disk.LowPercent < c.Disk.FullPercent || c.Disk.LowPercent > 90:
		return fmt.Errorf("disk: full_percent (%d) is at most low_percent (%d), and that at most 90", c.Disk.FullPercent, c.Disk.LowPercent)
	case c.SMTP.TLS != "mandatory" && c.SMTP.TLS != "opportunistic" && c.SMTP.TLS != "implicit" && c.SMTP.TLS != "none":
		return fmt.Errorf("smtp.tls: %q is none of mandatory, opportunistic, implicit, none", c.SMTP.TLS)
	}
	abs, err := filepath.Abs(c.Data)
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	c.Data = abs
	return nil
}
