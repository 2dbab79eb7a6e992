package eventstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3 says which bucket is the tier.
type S3 struct {
	Endpoint             string // host or host:port
	Bucket               string // must exist
	Prefix               string // before every name; "" for none
	Region               string
	AccessKey, SecretKey string
	PlainHTTP            bool // without TLS: for a store on the same machine
}

// s3Tier is an S3-compatible bucket. Its files are fetched to be read.
type s3Tier struct {
	client         *minio.Client
	bucket, prefix string
}

// S3Tier keeps segments in a bucket. It does not reach out yet.
func S3Tier(o S3) (Tier, error) {
	if o.Endpoint == "" || o.Bucket == "" || o.AccessKey == "" || o.SecretKey == "" {
		return nil, errors.New("tier: an S3 bucket needs its endpoint, its name, an access key and a secret key")
	}
	c, err := minio.New(o.Endpoint, &minio.Options{Creds: credentials.NewStaticV4(o.AccessKey, o.SecretKey, ""), Secure: !o.PlainHTTP, Region: o.Region, MaxRetries: 3})
	if err != nil {
		return nil, fmt.Errorf("tier: S3 at %s: %w", o.Endpoint, err)
	}
	prefix := strings.Trim(o.Prefix, "/")
	if prefix != "" {
		prefix += "/"
	}
	return s3Tier{c, o.Bucket, prefix}, nil
}

func (s3Tier) Kind() string { return "s3" }
func (s3Tier) Dir() string  { return "" }

// Put uploads; the bucket shows an object only when it is whole.
func (t s3Tier) Put(ctx context.Context, name, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	_, err = t.client.PutObject(ctx, t.bucket, t.prefix+name, f, info.Size(), minio.PutObjectOptions{ContentType: "application/vnd.apache.parquet"})
	return err
}

func (t s3Tier) Get(ctx context.Context, name string, w io.Writer) error {
	o, err := t.client.GetObject(ctx, t.bucket, t.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return err
	}
	defer o.Close()
	_, err = io.Copy(w, o)
	if err != nil && minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	return err
}

func (t s3Tier) Remove(ctx context.Context, name string) error {
	return t.client.RemoveObject(ctx, t.bucket, t.prefix+name, minio.RemoveObjectOptions{})
}
