package main

import (
	"reflect"
	"slices"
)

// merge returns the union of all releases: the newest one's declarations, with the
// release that brought each part where not all have it. A part that a newer release
// dropped, or gave another meaning, is a [*DataError]: what the Go types should be
// then is for a person to say.
func merge(oldestFirst []*release) (*release, error) {
	if len(oldestFirst) == 0 {
		return nil, &DataError{Reason: "there is no release's data"}
	}
	u := oldestFirst[0]
	for _, r := range oldestFirst[1:] {
		m := &merger{older: u.Release, newer: r.Release}
		m.enums(u, r)
		m.structs(u, r)
		if m.err != nil {
			return nil, m.err
		}
		u = r
	}
	return u, nil
}

// A merger marks in a release what the union of those before it lacks.
type merger struct {
	older, newer version
	err          error // the first
}

func (m *merger) fault(where, reason string) {
	if m.err == nil {
		m.err = &DataError{Release: m.newer, Where: where, Reason: reason}
	}
}

// first returns the release that brought the part of this name.
func (m *merger) first(where string) version {
	v := between(where)
	if v == (version{}) {
		return m.newer
	}
	if v.number() <= m.older.number() || v.number() >= m.newer.number() {
		m.fault(where, "said to be of "+v.String()+", which is not between "+m.older.String()+" and this release")
	}
	return v
}

func (m *merger) enums(old, now *release) {
	for _, e := range now.Enums {
		if before := old.enum(e.Name); before != nil {
			e.since = before.since
			m.values(before, e)
		} else {
			e.since = m.first(e.Name)
		}
	}
	for _, e := range old.Enums {
		if now.enum(e.Name) == nil {
			m.fault(e.Name, "the enumeration is gone")
		}
	}
}

func (m *merger) values(old, now *enum) {
	for i := range now.Values {
		v := &now.Values[i]
		switch before := old.value(v.Name); {
		case before == nil:
			v.since = m.first(v.Name)
		case before.Value != v.Value || before.Text != v.Text:
			m.fault(v.Name, "it was another value")
		default:
			v.since = before.since
		}
	}
	for _, v := range old.Values {
		if now.value(v.Name) == nil {
			m.fault(v.Name, "the value is gone")
		}
	}
}

func (m *merger) structs(old, now *release) {
	for _, t := range now.Structs {
		before := old.structure(t.Name)
		if before == nil {
			t.since = m.first(t.Name)
			continue
		}
		t.since = before.since
		if t.Plain != before.Plain {
			m.fault(t.Name, "it came to hold memory, or ceased to")
		}
		m.members(t.Name, before.Members, t.Members)
	}
	for _, t := range old.Structs {
		if now.structure(t.Name) == nil {
			m.fault(t.Name, "the structure is gone")
		}
	}
}

func (m *merger) members(path string, old, now []member) {
	for i := range now {
		where := path + "." + now[i].Name
		j := slices.IndexFunc(old, func(o member) bool { return o.Name == now[i].Name })
		if j < 0 {
			now[i].since = m.first(where)
			continue
		}
		before := old[j]
		now[i].since = before.since
		if !reflect.DeepEqual(shape(before), shape(now[i])) {
			m.fault(where, "its type or its default was another")
			continue
		}
		m.members(where, before.Members, now[i].Members)
		m.arms(where, before.Arms, now[i].Arms)
	}
	for _, o := range old {
		if !slices.ContainsFunc(now, func(n member) bool { return n.Name == o.Name }) {
			m.fault(path+"."+o.Name, "the member is gone")
		}
	}
}

// shape is what a member is, apart from what lies within it.
func shape(m member) member {
	m.since = version{}
	if m.Members != nil {
		m.Members = []member{}
	}
	m.Arms = nil // the key tells a union
	return m
}

func (m *merger) arms(path string, old, now []arm) {
	for i := range now {
		where := path + "." + now[i].Value
		j := slices.IndexFunc(old, func(o arm) bool { return o.Value == now[i].Value })
		if j < 0 {
			now[i].since = m.first(where)
			continue
		}
		now[i].since = old[j].since
		m.members(where, old[j].Members, now[i].Members)
	}
	for _, o := range old {
		if !slices.ContainsFunc(now, func(n arm) bool { return n.Value == o.Value }) {
			m.fault(path+"."+o.Value, "the arm is gone")
		}
	}
}
