package image

import (
	"context"
	"errors"
	"os"
	"path/filepath"
)

// keysFormat changes when the build code makes other keys.
const keysFormat = "1"

// keys are what all images of a cache share, so that hosts of different releases know each other: the key that opens
// root on every host, and the key that every host shows.
type keys struct {
	user, host string // private keys; the public ones beside them, with .pub
}

func keysAt(dir string) keys {
	return keys{user: filepath.Join(dir, "id_ed25519"), host: filepath.Join(dir, "ssh_host_ed25519_key")}
}

// ensureKeys returns the keys of cacheDir, and makes them there first when they are missing.
func ensureKeys(ctx context.Context, cacheDir string, progress func(string)) (keys, error) {
	dir := filepath.Join(cacheDir, "keys-"+keysFormat)
	err := ensure(ctx, dir, progress, func(tmp string) []step {
		return []step{{"making keys", keysAt(filepath.Join(tmp, resultDir)).generate}}
	})
	return keysAt(dir), err
}

func (k keys) generate(ctx context.Context) error {
	for _, path := range []string{k.user, k.host} {
		if err := run(ctx, nil, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "xenvoy-lab", "-f", path); err != nil {
			return err
		}
	}
	return nil
}

// public reads both public keys; an image holds them, so they are part of what its own key is a hash of.
func (k keys) public() (user, host []byte, err error) {
	user, err = os.ReadFile(k.user + ".pub")
	host, err2 := os.ReadFile(k.host + ".pub")
	return user, host, errors.Join(err, err2)
}

// installKeys puts the keys into the root, and beside the image what this machine needs to enter.
func (b *builder) installKeys(context.Context) error {
	if err := removeGlob(filepath.Join(b.root, "etc/ssh/ssh_host_*")); err != nil {
		return err
	}
	user, host, err := b.shared.public()
	if err != nil {
		return err
	}
	private, err := os.ReadFile(b.shared.user)
	if err != nil {
		return err
	}
	hostPrivate, err := os.ReadFile(b.shared.host)
	if err != nil {
		return err
	}
	in := func(path string) string { return filepath.Join(b.root, path) }
	return errors.Join(
		writeFile(b.SSHKey, private, 0o600),
		writeFile(b.Known, append([]byte("xenvoy-lab "), host...), 0o644),
		writeFile(in("etc/ssh/ssh_host_ed25519_key"), hostPrivate, 0o600),
		writeFile(in("etc/ssh/ssh_host_ed25519_key.pub"), host, 0o644),
		writeFile(in("root/.ssh/known_hosts"), append([]byte("a,b,site-a,site-b,192.168.50.1,192.168.50.2 "), host...), 0o600),
		writeFile(in("root/.ssh/authorized_keys"), user, 0o600),
		writeFile(in("root/.ssh/id_ed25519"), private, 0o600),
	)
}
