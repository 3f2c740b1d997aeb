package market

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// trickle is how few bytes at a time a stream gives that has no more at the moment.
const trickle = 16 << 10

// lines hands out runs of whole records of a text format, about chunkSize together; parsing them is left to Each.
//
// ends says where the last whole record in buf ends, 0 when there is none; last is true when nothing follows buf. A record
// that finds no end within maxRecord bytes or before the end of the feed is bad, with unended for a reason, and reading
// goes on at the next line.
func (f *Feed) lines(r io.Reader, ends func(buf []byte, last bool) int, unended string) func() (*Chunk, error) {
	in := bufio.NewReaderSize(r, chunkSize)
	line := int64(1)
	var pending []byte // read, not handed out
	var failed error
	return func() (*Chunk, error) {
		for {
			if failed != nil && len(pending) == 0 {
				return nil, failed
			}
			buf := pending
			if failed == nil {
				buf = make([]byte, len(pending), len(pending)+chunkSize)
				copy(buf, pending)
			}
			for failed == nil && len(buf) < cap(buf) {
				var n int
				n, failed = in.Read(buf[len(buf):cap(buf)])
				if buf = buf[:len(buf)+n]; n < trickle {
					break // who writes this may be waiting, too
				}
			}
			last := errors.Is(failed, io.EOF)
			pending = buf
			if end := ends(buf, last); end > 0 {
				chunk := &Chunk{file: f.name, line: line, lines: buf[:end:end]}
				line += int64(bytes.Count(chunk.lines, []byte("\n")))
				pending = buf[end:]
				return chunk, nil
			}
			if len(buf) == 0 || failed != nil && !last {
				return nil, failed
			}
			if !last && len(buf) <= maxRecord {
				continue
			}
			// No record ends here: the first line is given up, so that what follows is not lost with it.
			bad := &BadRecord{Reason: unended}
			if first := bytes.IndexByte(buf, '\n') + 1; first > 0 {
				pending = buf[first:]
			} else {
				pending = nil
				n := int64(len(buf))
				if failed == nil {
					var more int64
					more, failed = skipLine(in)
					n += more
				}
				if n > maxRecord {
					bad = tooLong(n)
				}
			}
			chunk := &Chunk{file: f.name}
			chunk.add(line, Listing{}, bad)
			line++
			return chunk, nil
		}
	}
}

func tooLong(bytes int64) *BadRecord {
	return &BadRecord{Reason: fmt.Sprintf("the line is longer than %d MiB (%d bytes)", maxRecord>>20, bytes)}
}

// skipLine reads to the end of the line and says how many bytes that was.
func skipLine(in *bufio.Reader) (int64, error) {
	n := int64(0)
	for {
		part, err := in.ReadSlice('\n')
		n += int64(len(part))
		if !errors.Is(err, bufio.ErrBufferFull) {
			return n, err
		}
	}
}
