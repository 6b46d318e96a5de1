package netra

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// fragment is the program around a block of the README that is no program by itself.
const fragment = `package main

import (
	"context"
	"errors"
	"log"
	"time"

	"github.com/netrasystems/netra-go"
)

var _ = []any{errors.New, log.Println, time.Now}

func main() {
	ctx := context.Background()
	client := netra.Must(netra.New())
	workloadID := netra.Must(client.Workloads.Create(ctx, "recorded")).ID
	_ = workloadID
	{
BLOCK
	}
	log.Println("done")
}
`

// TestDocumentsRun installs the module by the README's line from what a clone has, and runs every block against `netra demo`.
func TestDocumentsRun(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	clone(t, root, "sdks/go", filepath.Join(folder, "netra"))
	environment := demo(t, root)
	readme := read(t, filepath.Join(root, "sdks", "go", "README.md"))
	line := regexp.MustCompile("```\n(go mod edit .*)\n```").FindStringSubmatch(readme)
	if line == nil {
		t.Fatal("the README has no line to install the module")
	}
	guide := goBlock.FindAllStringSubmatch(read(t, filepath.Join(root, "docs", "sdks.md")), -1)
	blocks := append(guide, goBlock.FindAllStringSubmatch(readme, -1)...)
	if len(guide) != 1 || len(blocks) < 4 {
		t.Fatalf("%d blocks", len(blocks))
	}
	for n, block := range blocks {
		program, wanted := block[1], "50 calls"
		if !strings.HasPrefix(program, "package main") {
			program, wanted = strings.Replace(fragment, "BLOCK", program, 1), "done"
		} else if body := strings.Count(program[strings.Index(program, "func main"):], "\n") - 2; body > 15 {
			t.Errorf("block %d: main has %d lines", n, body)
		}
		place := filepath.Join(folder, "program"+string(rune('0'+n)))
		if err := os.Mkdir(place, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(place, "main.go"), []byte(program), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, command := range []string{"go mod init start", line[1], "go run ."} {
			words := strings.Fields(command)
			made := exec.CommandContext(ctxOf(t), words[0], words[1:]...)
			made.Dir, made.Env = place, append(os.Environ(), environment...)
			out, err := made.CombinedOutput()
			if err != nil || command == "go run ." && !strings.Contains(string(out), wanted) {
				t.Fatalf("block %d: %s: %v\n%s", n, command, err, out)
			}
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// clone copies what git has of a folder, as in a fresh clone.
func clone(t *testing.T, root, name, to string) {
	t.Helper()
	list := exec.Command("git", "ls-files", "-z", name)
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range strings.Split(strings.TrimRight(string(out), "\x00"), "\x00") {
		place := filepath.Join(to, file)
		if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(place, []byte(read(t, filepath.Join(root, file))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// demo starts `netra demo` and returns the environment that it offers.
func demo(t *testing.T, root string) []string {
	t.Helper()
	command := exec.Command(first(os.Getenv("NETRA_TEST_PYTHON"), "python3"), filepath.Join(root, "sdks", "tools", "demo.py"))
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		command.Wait()
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatalf("the demo did not start: %v", err)
	}
	var offered struct {
		BaseURL string `json:"base_url"`
		APIKey  string `json:"api_key"`
	}
	if err := json.Unmarshal(line, &offered); err != nil {
		t.Fatal(err)
	}
	return []string{"NETRA_BASE_URL=" + offered.BaseURL, "NETRA_API_KEY=" + offered.APIKey}
}
