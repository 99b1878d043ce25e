// Package durable writes files that are there as a whole or not at all, also after a power cut.
package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// A File gets its name when all of it is on disk; what had the name before is there until
// then. Something that is no plain file, such as a pipe, is written to as it is.
type File struct {
	*os.File
	path string // the name that it is to have; "": it has it
	size int64  // in bytes, after Commit
}

// Create makes a file beside the one at path. Its rights are mode, or less when the one that it
// takes the place of has less. The error is the file system's.
func Create(path string, mode fs.FileMode) (*File, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // a link stays one
	}
	st, err := os.Stat(path)
	switch {
	case err == nil && !st.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		return &File{File: f}, nil
	case err == nil:
		mode &= st.Mode()
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	for {
		name := fmt.Sprintf("%s.%08x.part", path, rand.Uint32())
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return &File{File: f, path: path}, nil
	}
}

// Size is its size in bytes once it is committed; 0 when it is no plain file.
func (s *File) Size() int64 { return s.size }

// Commit gives the file its name once it is on disk. A block device must have it all, too; what
// cannot be synced, such as a pipe, says EINVAL.
func (s *File) Commit() error {
	if s.path == "" {
		if err := s.Sync(); err != nil && !errors.Is(err, unix.EINVAL) {
			return err
		}
		return s.Close()
	}
	size, err := s.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	s.size = size
	if err := s.Sync(); err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	if err := os.Rename(s.Name(), s.path); err != nil {
		return err
	}
	s.path = ""
	return SyncFolder(filepath.Dir(s.Name()))
}

// SyncFolder has new names in a folder outlive a power cut.
func SyncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Discard removes a file that was not committed. After Commit it does nothing.
func (s *File) Discard() {
	s.Close()
	if s.path != "" {
		os.Remove(s.Name())
	}
}
