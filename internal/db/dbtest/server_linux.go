package dbtest

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

const (
	noPostgres = "PostgreSQL is not installed, so nothing was tested on it: apt-get install postgresql (make test does)"

	// asKeeper in the environment makes a test binary the keeper of a server; its value is "OWNER FOLDER".
	asKeeper = "OWNMARK_DBTEST_KEEPER"

	// heldFile is locked by the keeper for as long as it lives.
	heldFile = "held"

	// longestSocket is the kernel's bound on the path of a Unix socket.
	longestSocket = 107
)

// A test binary started as the keeper never reaches its tests. This is the main thread: the server, told to die with the
// thread that started it, dies with the process.
func init() {
	owner, folder, ok := strings.Cut(os.Getenv(asKeeper), " ")
	if !ok {
		return
	}
	if err := keep(folder, process(owner)); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve gives the folder of the socket of the tree's server and starts it unless it runs.
func serve() (socket, missing string, err error) {
	bin := binaries()
	if bin == "" {
		return "", noPostgres, nil
	}
	// One test binary at a time looks, sweeps and starts. The lock is on a file that is there anyway, so none is left behind.
	lock, err := os.Open(filepath.Join(bin, "postgres"))
	if err != nil {
		return "", "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", "", fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	owner, err := ownerOfTree()
	if err != nil {
		return "", "", err
	}
	ours := fmt.Sprintf("ownmark-dbtest-%d-", os.Getuid())
	for _, root := range roots() {
		sweep(filepath.Join(root, ours+"*"))
	}
	root := roots()[0]
	if len(filepath.Join(root, ours+string(owner), ".s.PGSQL.5432")) > longestSocket {
		root = "/tmp"
	}
	folder := filepath.Join(root, ours+string(owner))
	if _, err := os.Stat(folder); err == nil {
		return folder, "", nil
	}
	return folder, "", startKeeper(folder, owner)
}

// binaries is the folder of the newest PostgreSQL on the machine: Debian's places, else PATH.
func binaries() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4])
		return n
	}
	slices.SortFunc(found, func(a, b string) int { return cmp.Compare(version(b), version(a)) })
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	for _, initdb := range found {
		if _, err := os.Stat(filepath.Join(filepath.Dir(initdb), "postgres")); err == nil {
			return filepath.Dir(initdb)
		}
	}
	return ""
}

// roots are the folders a server may lie in, the best first. Memory is: on a slow disk a database is copied and dropped in 400 ms, in
// memory in 17. Containers are often given too little of it.
func roots() []string {
	const memory, enough = "/dev/shm", 2 << 30
	var room syscall.Statfs_t
	if err := syscall.Statfs(memory, &room); err == nil && room.Bavail*uint64(room.Bsize) >= enough {
		return []string{memory, os.TempDir()}
	}
	return []string{os.TempDir(), memory}
}

// sweep removes what keepers left that were killed.
func sweep(pattern string) {
	folders, _ := filepath.Glob(pattern)
	for _, folder := range folders {
		held, err := os.Open(filepath.Join(folder, heldFile))
		if err == nil {
			err = syscall.Flock(int(held.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
			held.Close()
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			_ = os.RemoveAll(folder)
		}
	}
}

// process names a process for good: its id and the tick it was started at, "123-456".
type process string

// ownerOfTree is the go command that runs this test binary, or this process when something else runs it.
func ownerOfTree() (process, error) {
	parent := os.Getppid()
	name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", parent))
	if strings.TrimSpace(string(name)) == "go" {
		return named(parent)
	}
	return named(os.Getpid())
}

func named(pid int) (process, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	// The second field, the program's name, may hold anything; field 22 is the start.
	_, rest, _ := strings.Cut(string(stat[bytes.LastIndexByte(stat, ')'):]), " ")
	fields := strings.Fields(rest)
	if len(fields) < 20 {
		return "", fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	return process(fmt.Sprintf("%d-%s", pid, fields[19])), nil
}

// ended gives a channel that is closed when p ends.
func (p process) ended() (<-chan struct{}, error) {
	id, _, _ := strings.Cut(string(p), "-")
	pid, err := strconv.Atoi(id)
	if err != nil {
		return nil, err
	}
	const pidfdOpen = 434 // pidfd_open(2), the same number on every architecture
	fd, _, errno := syscall.Syscall(pidfdOpen, uintptr(pid), 0, 0)
	if errno != 0 {
		return nil, fmt.Errorf("pidfd_open %d: %w", pid, errno)
	}
	if now, err := named(pid); err != nil || now != p {
		return nil, fmt.Errorf("process %s has ended", p)
	}
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	if err := syscall.EpollCtl(epoll, syscall.EPOLL_CTL_ADD, int(fd), &syscall.EpollEvent{Events: syscall.EPOLLIN}); err != nil {
		return nil, err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			n, err := syscall.EpollWait(epoll, make([]syscall.EpollEvent, 1), -1)
			if n > 0 || err != nil && err != syscall.EINTR {
				return
			}
		}
	}()
	return done, nil
}

// startKeeper returns when the server takes connections.
func startKeeper(folder string, owner process) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	answer, say, err := os.Pipe()
	if err != nil {
		return err
	}
	defer answer.Close()
	keeper := exec.Command(self)
	keeper.Env = append(os.Environ(), asKeeper+"="+string(owner)+" "+folder)
	keeper.Dir = "/"
	keeper.Stdout = say
	keeper.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C is for the go command; the keeper follows it
	err = keeper.Start()
	say.Close()
	if err != nil {
		return err
	}
	said, err := io.ReadAll(answer)
	if err != nil {
		return err
	}
	if string(said) != ready {
		_ = keeper.Wait()
		return fmt.Errorf("%s", said)
	}
	return keeper.Process.Release()
}

const ready = "ready"

// keep runs a server in folder until owner ends, then removes both.
func keep(folder string, owner process) error {
	over, err := owner.ended()
	if err != nil {
		return err
	}
	as, err := account()
	if err != nil {
		return err
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	held, err := os.Create(filepath.Join(folder, heldFile))
	if err != nil {
		return err
	}
	defer func() {
		_ = os.RemoveAll(folder)
		held.Close()
	}()
	if err := syscall.Flock(int(held.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	if as != nil {
		if err := os.Chown(folder, int(as.Uid), int(as.Gid)); err != nil {
			return err
		}
	}
	bin, data := binaries(), filepath.Join(folder, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions")
	initdb.Dir = folder
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGKILL}
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	server, err := startServer(bin, data, folder, as)
	if err != nil {
		return err
	}
	fmt.Print(ready)
	os.Stdout.Close()

	var how error
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		how = server.Wait()
	}()
	select {
	case <-gone:
		return how
	case <-over:
		// An immediate shutdown: nobody will read this data again, but shared memory is given back.
		_ = server.Process.Signal(syscall.SIGQUIT)
		<-gone
		return nil
	}
}

func startServer(bin, data, socket string, as *syscall.Credential) (*exec.Cmd, error) {
	settings := []string{
		"listen_addresses=", "unix_socket_directories=" + socket, "max_connections=200", "shared_buffers=32MB",
		"fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0", "max_wal_size=4GB",
		"autovacuum=off", "jit=off", "log_min_messages=log", "log_min_error_statement=panic", "logging_collector=off",
	}
	if isolation := os.Getenv("DBTEST_ISOLATION"); isolation != "" {
		settings = append(settings, "default_transaction_isolation="+isolation)
	}
	server := exec.Command(filepath.Join(bin, "postgres"), "-D", data)
	for _, setting := range settings {
		server.Args = append(server.Args, "-c", setting)
	}
	server.Dir = socket
	server.SysProcAttr = &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGQUIT, Setsid: true}
	out, err := server.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := server.Start(); err != nil {
		return nil, err
	}
	var log []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "ready to accept connections") {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return server, nil
		}
		log = append(log, lines.Text())
	}
	return nil, fmt.Errorf("postgres: %w: %s", server.Wait(), strings.Join(log, "\n"))
}

// account is whom the server runs as: PostgreSQL refuses to run as root, so root lends it the account the package made, and
// anybody else their own (nil).
func account() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	var found *user.User
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			found = u
			break
		}
	}
	if found == nil {
		return nil, errors.New("PostgreSQL does not run as root, and there is no account postgres or nobody")
	}
	uid, err := strconv.ParseUint(found.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(found.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
