package stream

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// record adds a header or record to the report.
func (p *Report) record(in *Reader, rec *Record) error {
	p.run(rec)
	switch b := rec.Body.(type) {
	case *XLHeader:
		p.Format = LayerXL.String()
		p.XL = &XLReport{b.Mandatory, b.Optional, b.DataLen}
		if json.Valid(b.Config) {
			p.Config = bytes.Clone(b.Config)
		}
	case *LibxlHeader:
		p.outermost(LayerLibxl)
		p.Libxl = &LibxlReport{libxlVersion, b.Options, b.Converted()}
	case *ImageHeader:
		p.outermost(LayerLibxc)
		p.Libxc = &LibxcReport{Version: b.Version, PageSize: PageSize}
	case *DomainHeader:
		p.Libxc.Guest, p.Libxc.Xen = b.Guest.String(), fmt.Sprintf("%d.%d", b.XenMajor, b.XenMinor)
	default:
		return p.body(in, rec)
	}
	return nil
}

func (p *Report) outermost(l Layer) {
	if p.Format == "" {
		p.Format = l.String()
	}
}

// run adds a record to the last run, or begins one.
func (p *Report) run(rec *Record) {
	name, last := rec.Name(), len(p.Records)-1
	switch {
	case last >= 0 && p.LeftOff == 0 && p.Records[last].Name == name:
		p.Records[last].Count++
		p.Records[last].Bytes += int64(rec.Length)
	case len(p.Records) == MaxRuns:
		p.LeftOff++
	default:
		p.Records = append(p.Records, RunReport{rec.Offset, rec.Layer.String(), name, 1, int64(rec.Length)})
	}
}

// body looks into a record.
func (p *Report) body(in *Reader, rec *Record) error {
	switch b := rec.Body.(type) {
	case HVMParams:
		p.HVMParams = p.HVMParams[:0]
		for _, param := range b {
			p.HVMParams = append(p.HVMParams, ParamReport{param.Index, param.Name(), param.Value})
		}
	case CPUIDPolicy:
		p.CPUID = len(b)
	case MSRPolicy:
		p.MSRs = len(b)
	case *TSCInfo:
		p.TSC = &TSCReport{b.Mode, b.KHz, b.Nanoseconds, b.Incarnation}
	case *VCPU:
		p.VCPUs = max(p.VCPUs, int(b.ID)+1)
	}
	switch {
	case rec.Is(RecPageData):
		return p.pages(in)
	case rec.Is(RecHVMContext):
		return p.hvmContext(in)
	}
	return nil
}

// pages counts the zero pages of a record.
func (p *Report) pages(in *Reader) error {
	var zero [PageSize]byte
	for {
		entries, contents, err := in.Pages()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range entries {
			if bytes.Equal(contents[i*PageSize:(i+1)*PageSize], zero[:]) {
				p.Pages.Zero++
			}
		}
	}
}

func (p *Report) hvmContext(in *Reader) error {
	p.HVMContext = p.HVMContext[:0]
	scan := hvmScanner{each: func(r HVMRecord) {
		if len(p.HVMContext) < MaxHVMRecords {
			p.HVMContext = append(p.HVMContext, HVMReport{r.Offset, r.Type, r.Name(), r.Instance, r.Length})
		}
	}}
	for {
		b, err := in.Data()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if scan.write(b) != nil { // Verify says what is wrong with it
			return nil
		}
	}
}
