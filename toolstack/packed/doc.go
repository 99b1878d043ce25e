// Package packed compresses save files, and reads them again in bounded memory.
//
// A packed file is zstd's (RFC 8878), in its seekable format (contrib/seekable_format in zstd's
// sources): frames of FrameSize bytes of content, each of which can be read alone, and behind them the
// table of their sizes in a skippable frame, which every zstd passes over. "zstd -d" reads such a file.
package packed

// FrameSize is the content of a frame in bytes; the last one has less.
const FrameSize = 1 << 20

// MaxWindow is the most memory in bytes that a frame may ask its reader to keep of what came before. What
// zstd's levels up to 19 write stays below it.
const MaxWindow = 8 << 20

// The seek table, all numbers little-endian: the skippable frame's magic and length; for each frame its compressed
// and its content's size, 32 bits each; the footer: the number of frames (32 bits), a byte of flags, the magic.
const (
	frameMagic     = 0xfd2fb528
	skippableMagic = 0x184d2a5e
	seekableMagic  = 0x8f92eab1
	entrySize      = 8
	footerSize     = 9
	maxFrames      = 1 << 27 // 128 TiB of content
)
