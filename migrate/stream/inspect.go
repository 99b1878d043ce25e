package stream

import (
	"encoding/json"
	"io"
)

// Report is what Inspect says of a stream. Offsets and sizes are in bytes, from the
// start of the file.
type Report struct {
	Verdict
	Format  string          `json:"format"` // the outermost layer: xl, libxl, libxc
	XL      *XLReport       `json:"xl,omitempty"`
	Config  json.RawMessage `json:"config,omitempty"` // libxl's configuration
	Libxl   *LibxlReport    `json:"libxl,omitempty"`
	Libxc   *LibxcReport    `json:"libxc,omitempty"`
	Records []RunReport     `json:"records"`
	LeftOff int64           `json:"records_left_off"` // runs that are not in Records
	Passes  []PassReport    `json:"passes"`
	Pages   PagesReport     `json:"pages"`

	HVMContext []HVMReport   `json:"hvm_context"` // of the last round
	HVMParams  []ParamReport `json:"hvm_params"`  // of the last round
	CPUID      int           `json:"cpuid_leaves"`
	MSRs       int           `json:"msrs"`
	VCPUs      int           `json:"pv_vcpus"` // of a PV guest, in the last round
	TSC        *TSCReport    `json:"tsc,omitempty"`
}

// XLReport is xl's header.
type XLReport struct {
	Mandatory uint32 `json:"mandatory_flags"`
	Optional  uint32 `json:"optional_flags"`
	DataLen   uint32 `json:"data_length"`
}

// LibxlReport is the libxl header.
type LibxlReport struct {
	Version   int    `json:"version"`
	Options   uint32 `json:"options"`
	Converted bool   `json:"converted"` // from a stream from before Xen 4.6
}

// LibxcReport is libxc's two headers.
type LibxcReport struct {
	Version  uint32 `json:"version"`
	Guest    string `json:"guest"` // pv, or hvm, which PVH is too
	Xen      string `json:"xen"`   // major.minor of the sender
	PageSize int    `json:"page_size"`
}

// RunReport is one or more records of a type that follow each other.
type RunReport struct {
	Offset int64  `json:"offset"` // of the first
	Layer  string `json:"layer"`
	Name   string `json:"name"`
	Count  int64  `json:"count"`
	Bytes  int64  `json:"bytes"` // of their bodies
}

// PassReport is one way through memory.
type PassReport struct {
	Offset  int64  `json:"offset"`
	Entries uint64 `json:"entries"`
	Pages   uint64 `json:"pages"` // with contents
	Bytes   int64  `json:"bytes"`
	Verify  bool   `json:"verify"`
}

// PagesReport counts pages over all passes.
type PagesReport struct {
	Entries  uint64       `json:"entries"`
	Contents uint64       `json:"contents"` // that carry 4096 bytes
	Zero     uint64       `json:"zero"`     // of these, all zero
	Types    []TypeReport `json:"types"`
}

// TypeReport counts the entries of a page type.
type TypeReport struct {
	Type    string `json:"type"`
	Entries uint64 `json:"entries"`
}

// HVMReport is a record in HVM_CONTEXT.
type HVMReport struct {
	Offset   int64  `json:"offset"` // in the context
	Type     uint16 `json:"type"`
	Name     string `json:"name"`
	Instance uint16 `json:"instance"`
	Length   uint32 `json:"length"`
}

// ParamReport is a parameter of an HVM guest.
type ParamReport struct {
	Index uint64 `json:"index"`
	Name  string `json:"name"`
	Value uint64 `json:"value,string"` // of 64 bits, which JSON numbers need not hold
}

// TSCReport is the last X86_TSC_INFO.
type TSCReport struct {
	Mode        uint32 `json:"mode"`
	KHz         uint32 `json:"khz"`
	Nanoseconds uint64 `json:"nsec"`
	Incarnation uint32 `json:"incarnation"`
}

// MaxRuns and MaxHVMRecords bound a Report.
const (
	MaxRuns       = 4096
	MaxHVMRecords = 4096
)

// Inspect reads a whole file and tells what is in it. It takes what Xen takes: use
// Verify to hold it to all rules. With an error, which is an [*Error] or r's, the
// Report has what came before it.
func Inspect(r io.Reader, o ReaderOptions) (*Report, error) {
	in := NewReader(r, o)
	report := &Report{Records: []RunReport{}, Passes: []PassReport{}, HVMContext: []HVMReport{}, HVMParams: []ParamReport{}}
	report.Pages.Types = []TypeReport{}
	err := walk(in, &report.Verdict, report.record)
	if in.scan != nil {
		report.Bytes = in.base + in.scan.stats.Bytes
		report.memory(in)
	}
	return report, err
}

// memory tells of the passes.
func (p *Report) memory(in *Reader) {
	stats := in.Stats()
	var types [pageTypes]uint64
	for _, pass := range stats.Passes {
		p.Passes = append(p.Passes, PassReport{in.base + pass.Offset, pass.Entries, pass.Pages, pass.Bytes, pass.Verify})
		p.Pages.Entries += pass.Entries
		p.Pages.Contents += pass.Pages
		for t, n := range pass.Types {
			types[t] += n
		}
	}
	for t, n := range types {
		if n > 0 {
			p.Pages.Types = append(p.Pages.Types, TypeReport{PageType(t).String(), n})
		}
	}
}
