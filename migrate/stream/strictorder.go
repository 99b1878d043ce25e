package stream

// strictRecord judges a libxc record at its header.
func (s *Scanner) strictRecord(t RecordType) {
	k := s.strict
	k.begin()
	if t >= recKnown {
		return
	}
	f := s.misplaced(t)
	if f == nil {
		f = k.twice(t)
	}
	if f == nil {
		f = k.disorder(t, s.stats.HVM)
	}
	if f == nil && (t == RecEnd || t == RecCheckpoint) {
		f = k.incomplete(s.stats.HVM)
	}
	if f != nil {
		s.fault(t.String(), f)
		return
	}
	k.note(t)
	s.wantBody(t.headSize(s.record.length) > 0 || t == RecHVMContext && s.record.length > 0, !t.empty())
}

// misplaced finds records that a stream of this kind does not have.
func (s *Scanner) misplaced(t RecordType) *fault {
	switch {
	case t == RecToolstack:
		return faultf(RuleDeprecated, "is no longer sent")
	case t == RecDirtyPFNs:
		return faultf(RuleBackChannel, "goes to the sender, not to the receiver")
	case s.stats.HVM && t.ofPV(), !s.stats.HVM && t.ofHVM():
		return faultf(RuleRecordGuest, "is not of %s guests", guestTypeOf(s.stats.HVM))
	case t.isStatic() && s.strict.version < libxcVersionMax:
		return faultf(RuleRecordVersion, "is in a stream of version %d", s.strict.version)
	case t == RecPVP2MFrames && !s.staticDone:
		return faultf(RuleStaticData, "comes before STATIC_DATA_END")
	case t.isStatic() && t != RecStaticDataEnd && s.staticDone:
		return faultf(RuleStaticData, "comes after STATIC_DATA_END")
	}
	return nil
}

// twice finds records that may come once only.
func (k *strict) twice(t RecordType) *fault {
	again := k.policies[t]
	switch t {
	case RecTSCInfo, RecSharedInfo, RecHVMContext:
		again = k.round.seen[t]
	case RecHVMParams: // the converter writes one for each parameter
		again = k.round.seen[t] && !k.converted
	}
	if again {
		return faultf(RuleRecordOnce, "comes twice")
	}
	return nil
}

// disorder finds records that need others before them, or after.
func (k *strict) disorder(t RecordType, hvm bool) *fault {
	switch {
	case !hvm && k.pv == nil && t.needsPVInfo():
		return faultf(RulePVOrder, "comes before X86_PV_INFO")
	case !hvm && t == RecPageData && !k.p2m:
		return faultf(RulePVOrder, "comes before X86_PV_P2M_FRAMES")
	case t.isVCPU() && !k.memory:
		return faultf(RulePVOrder, "comes before PAGE_DATA")
	case t == RecPageData && k.round.state != 0 && !k.converted:
		return faultf(RuleStateOrder, "comes after %s", k.round.state)
	case t == RecVerify && (!k.memory || k.verified || k.round.state != 0):
		return faultf(RuleVerifyOrder, "comes before memory, after the state, or twice")
	}
	return nil
}

// incomplete finds what is missing at the end of a round.
func (k *strict) incomplete(hvm bool) *fault {
	switch {
	case !k.memory:
		return faultf(RuleIncomplete, "comes before PAGE_DATA")
	case hvm && !k.round.seen[RecHVMContext]:
		return faultf(RuleIncomplete, "comes before HVM_CONTEXT")
	case !hvm && !k.round.seen[RecPVVCPUBasic]:
		return faultf(RuleIncomplete, "comes before X86_PV_VCPU_BASIC")
	}
	for id, parts := range k.round.vcpus {
		if parts != 0 && parts&1 == 0 {
			return faultf(RuleIncomplete, "VCPU %d has no X86_PV_VCPU_BASIC", id)
		}
	}
	return nil
}

// note remembers a record that was accepted.
func (k *strict) note(t RecordType) {
	k.round.seen[t] = true
	switch {
	case t == RecPVInfo || t.isStatic():
		k.policies[t] = true
	case t == RecPVP2MFrames:
		k.p2m = true
	case t == RecPageData:
		k.memory = true
	case t == RecVerify:
		k.verified = true
	case t.isState() && t != RecTSCInfo && k.round.state == 0:
		k.round.state = t
	}
}

// guestTypeOf is the guest type that Stats.HVM stands for.
func guestTypeOf(hvm bool) GuestType {
	if hvm {
		return GuestHVM
	}
	return GuestPV
}

func (t RecordType) isVCPU() bool {
	return t == RecPVVCPUBasic || t == RecPVVCPUExtended || t == RecPVVCPUXSAVE || t == RecPVVCPUMSRs
}

func (t RecordType) ofPV() bool {
	return t.isVCPU() || t == RecPVInfo || t == RecPVP2MFrames || t == RecSharedInfo
}

func (t RecordType) ofHVM() bool { return t == RecHVMContext || t == RecHVMParams }

func (t RecordType) isStatic() bool {
	return t == RecStaticDataEnd || t == RecCPUIDPolicy || t == RecMSRPolicy
}

func (t RecordType) needsPVInfo() bool {
	return t == RecPageData || t.ofPV() && t != RecPVInfo
}
