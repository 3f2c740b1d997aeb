package dbtest_test

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ownmark/ownmark/internal/db/dbtest"
)

const actAsTest = "OWNMARK_DBTEST_ACT"

// TestNothingIsLeft kills a test process that has a server and finds the server and its files gone.
func TestNothingIsLeft(t *testing.T) {
	if os.Getenv(actAsTest) != "" {
		url := dbtest.PostgresURL(t)
		fmt.Println("URL " + url)
		select {} // until killed
	}
	dbtest.PostgresURL(t) // skips without PostgreSQL
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// Not run by the go command, the child owns a server of its own.
	child := exec.Command(self, "-test.run=^TestNothingIsLeft$", "-test.v")
	child.Env = append(os.Environ(), actAsTest+"=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var url string
	for lines := bufio.NewScanner(out); url == "" && lines.Scan(); {
		url, _ = strings.CutPrefix(lines.Text(), "URL ")
		if !strings.HasPrefix(url, "postgres:") {
			url = ""
		}
	}
	pool, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	conn, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var data string
	if err := conn.QueryRowContext(t.Context(), "show data_directory").Scan(&data); err != nil {
		t.Fatal(err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	// The statement ends when the server does.
	if _, err := conn.ExecContext(t.Context(), "select pg_sleep(3600)"); err == nil {
		t.Error("the server outlived its owner")
	}
	if err := untilGone(filepath.Dir(data)); err != nil {
		t.Error(err)
	}
}

// untilGone waits until the keeper of folder has ended, which its lock says, and reports what it left.
func untilGone(folder string) error {
	held, err := os.Open(filepath.Join(folder, "held"))
	if err == nil {
		err = syscall.Flock(int(held.Fd()), syscall.LOCK_EX)
		held.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is left behind (%v)", folder, err)
	}
	return nil
}
