//go:build !linux

package dbtest

// serve: the server is tied to the life of the tests by means that only Linux has.
func serve() (socket, missing string, err error) {
	return "", "tests start PostgreSQL on Linux only, so nothing was tested on it", nil
}
