package xlcfg

// A featureWord is 32 features of a CPU: a register of a CPUID leaf, or half of
// an MSR.
type featureWord struct {
	msr     uint32 // 0: CPUID
	shift   uint   // of the MSR's half
	leaf    uint32
	subleaf int64 // -1: the leaf has none
	reg     register
	names   string // each with its bit
}

// featureWords is the features by the names that cpuid= knows them by: those of
// xen/include/public/arch-x86/cpufeatureset.h of Xen 4.17, in its order.
func featureWords() []featureWord {
	return []featureWord{
		{leaf: 1, subleaf: -1, reg: edx, names: "fpu=0 vme=1 de=2 pse=3 tsc=4 msr=5 pae=6 mce=7 cx8=8 apic=9 sep=11 mtrr=12 pge=13 mca=14 cmov=15 " +
			"pat=16 pse36=17 clflush=19 ds=21 acpi=22 mmx=23 fxsr=24 sse=25 sse2=26 ss=27 htt=28 tm1=29 pbe=31"},
		{leaf: 1, subleaf: -1, reg: ecx, names: "sse3=0 pclmulqdq=1 dtes64=2 monitor=3 dscpl=4 vmx=5 smx=6 eist=7 tm2=8 ssse3=9 fma=12 cx16=13 " +
			"xtpr=14 pdcm=15 pcid=17 dca=18 sse4-1=19 sse4-2=20 x2apic=21 movbe=22 popcnt=23 tsc-deadline=24 " +
			"aesni=25 xsave=26 osxsave=27 avx=28 f16c=29 rdrand=30 hypervisor=31"},
		{leaf: 0x80000001, subleaf: -1, reg: edx, names: "syscall=11 nx=20 mmxext=22 ffxsr=25 page1gb=26 rdtscp=27 lm=29 3dnowext=30 3dnow=31"},
		{leaf: 0x80000001, subleaf: -1, reg: ecx, names: "lahf-lm=0 cmp-legacy=1 svm=2 extapic=3 cr8-legacy=4 abm=5 sse4a=6 misalignsse=7 3dnowprefetch=8 " +
			"osvw=9 ibs=10 xop=11 skinit=12 wdt=13 lwp=15 fma4=16 nodeid-msr=19 tbm=21 topoext=22 dbext=26 " +
			"monitorx=29"},
		{leaf: 0xd, subleaf: 1, reg: eax, names: "xsaveopt=0 xsavec=1 xgetbv1=2 xsaves=3"},
		{leaf: 7, subleaf: 0, reg: ebx, names: "fsgsbase=0 tsc-adjust=1 sgx=2 bmi1=3 hle=4 avx2=5 fdp-excp-only=6 smep=7 bmi2=8 erms=9 invpcid=10 " +
			"rtm=11 pqm=12 no-fpu-sel=13 mpx=14 pqe=15 avx512f=16 avx512dq=17 rdseed=18 adx=19 smap=20 " +
			"avx512-ifma=21 clflushopt=23 clwb=24 proc-trace=25 avx512pf=26 avx512er=27 avx512cd=28 sha=29 " +
			"avx512bw=30 avx512vl=31"},
		{leaf: 7, subleaf: 0, reg: ecx, names: "prefetchwt1=0 avx512-vbmi=1 umip=2 pku=3 ospke=4 avx512-vbmi2=6 cet-ss=7 gfni=8 vaes=9 vpclmulqdq=10 " +
			"avx512-vnni=11 avx512-bitalg=12 avx512-vpopcntdq=14 rdpid=22 cldemote=25 movdiri=27 movdir64b=28 " +
			"enqcmd=29"},
		{leaf: 0x80000007, subleaf: -1, reg: edx, names: "hw-pstate=7 itsc=8 cpb=9 efro=10"},
		{leaf: 0x80000008, subleaf: -1, reg: ebx, names: "clzero=0 rstr-fp-err-ptrs=2 wbnoinvd=9 ibpb=12 ibrs=14 amd-stibp=15 ibrs-always=16 stibp-always=17 " +
			"ibrs-fast=18 ibrs-same-mode=19 no-lmsl=20 amd-ppin=23 amd-ssbd=24 virt-ssbd=25 ssb-no=26 psfd=28 " +
			"btc-no=29 ibpb-ret=30"},
		{leaf: 7, subleaf: 0, reg: edx, names: "avx512-4vnniw=2 avx512-4fmaps=3 fsrm=4 avx512-vp2intersect=8 srbds-ctrl=9 md-clear=10 " +
			"rtm-always-abort=11 tsx-force-abort=13 serialize=14 hybrid=15 tsxldtrk=16 cet-ibt=20 avx512-fp16=23 " +
			"ibrsb=26 stibp=27 l1d-flush=28 arch-caps=29 core-caps=30 ssbd=31"},
		{leaf: 7, subleaf: 1, reg: eax, names: "avx-vnni=4 avx512-bf16=5 fzrm=10 fsrs=11 fsrcs=12"},
		{leaf: 0x80000021, subleaf: -1, reg: eax, names: "lfence-dispatch=2 verw-clear=5 nscb=6 auto-ibrs=8 sbpb=27 ibpb-brtype=28 srso-no=29 srso-us-no=30 " +
			"srso-msr-fix=31"},
		{leaf: 7, subleaf: 1, reg: ebx, names: "intel-ppin=0"},
		{leaf: 7, subleaf: 2, reg: edx, names: "intel-psfd=0 ipred-ctrl=1 rrsba-ctrl=2 bhi-ctrl=4 mcdt-no=5"},
		{leaf: 7, subleaf: 1, reg: ecx, names: ""},
		{leaf: 7, subleaf: 1, reg: edx, names: "cet-sss=18"},
		{msr: 0x10a, shift: 0, names: "rdcl-no=0 eibrs=1 rsba=2 skip-l1dfl=3 intel-ssb-no=4 mds-no=5 if-pschange-mc-no=6 tsx-ctrl=7 " +
			"taa-no=8 mcu-ctrl=9 misc-pkg-ctrl=10 energy-filtering=11 doitm=12 sbdr-ssdp-no=13 fbsdp-no=14 " +
			"psdp-no=15 fb-clear=17 fb-clear-ctrl=18 rrsba=19 bhi-no=20 xapic-status=21 ovrclk-status=23 " +
			"pbrsb-no=24 gds-ctrl=25 gds-no=26 rfds-no=27 rfds-clear=28"},
		{msr: 0x10a, shift: 32, names: "its-no=30"},
		{leaf: 0x80000021, subleaf: -1, reg: ecx, names: "tsa-sq-no=1 tsa-l1-no=2"},
	}
}
