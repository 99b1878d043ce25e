package main

import (
	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/toolstack/reconcile"
)

// appliedPlan is a plan in JSON and YAML.
type appliedPlan struct {
	Domains []appliedDomain `json:"domains"`
	Create  int             `json:"create"`
	Change  int             `json:"change"`
	Keep    int             `json:"keep"`
	Refuse  int             `json:"refuse"`
	Destroy int             `json:"destroy"`
}

// applied is a plan and what became of it.
type applied struct {
	appliedPlan
	Applied bool     `json:"applied"`
	Done    []string `json:"done,omitempty"`
	Undone  []string `json:"undone,omitempty"`
	Left    []string `json:"left,omitempty"`
	Error   string   `json:"error,omitempty"`
}

type appliedDomain struct {
	Name    string           `json:"name"`
	File    string           `json:"file,omitempty"`
	ID      uint32           `json:"id,omitempty"`
	Action  reconcile.Action `json:"action"`
	Changes []changeRow      `json:"changes,omitempty"`
	Faults  []finding        `json:"faults,omitempty"`
}

// changeRow is a difference in JSON and YAML, here and for config diff.
type changeRow struct {
	Field   string `json:"field"`
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Running string `json:"running"`
	Wanted  string `json:"wanted"`
	Live    bool   `json:"live"`
	Refused string `json:"refused,omitempty"`
}

func changeRows(all []reconcile.Difference) []changeRow {
	rows := make([]changeRow, len(all))
	for i := range all {
		d := &all[i]
		rows[i] = changeRow{Field: d.Field, File: d.Pos.File, Line: d.Pos.Line, Column: d.Pos.Column,
			Running: d.Running, Wanted: d.File, Live: d.Live(), Refused: d.Refused}
	}
	return rows
}

func planOf(p *reconcile.Plan) appliedPlan {
	out := appliedPlan{Domains: make([]appliedDomain, len(p.Domains)),
		Create: p.Count(reconcile.Create), Change: p.Count(reconcile.Change), Keep: p.Count(reconcile.Keep),
		Refuse: p.Count(reconcile.Refuse), Destroy: p.Count(reconcile.Destroy)}
	for i := range p.Domains {
		d := &p.Domains[i]
		out.Domains[i] = appliedDomain{Name: d.Name, File: d.File, ID: uint32(d.ID), Action: d.Action,
			Changes: changeRows(d.Differences), Faults: findings(d.Faults)}
	}
	return out
}

func findings(faults domcfg.Errors) []finding {
	rows := make([]finding, len(faults))
	for i, e := range faults {
		rows[i] = findingOf(e.Pos.File, "error", e.Pos, e.Field, e.Msg, e.Hint)
	}
	return rows
}
