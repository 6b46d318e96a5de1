package netra

import (
	"bytes"
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestFilesAreFormatted(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		formatted, err := format.Source(source)
		if err == nil && !bytes.Equal(source, formatted) {
			t.Errorf("%s: run gofmt -w %s", path, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
