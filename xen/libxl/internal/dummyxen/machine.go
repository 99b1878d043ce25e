package dummyxen

// #cgo LDFLAGS: -lxencall
// #include "machine.h"
import "C"

// MachineDomain is the only domain of the machine besides dom0; AddDomain makes it known.
const MachineDomain = C.MACHINE_DOMAIN

// StartMachine makes hypercalls of dummies about CPUs, schedulers and the like reach a
// machine in its first state, which machine.c describes. Without it they fail with ENOSYS.
func StartMachine() { C.machine_start() }

// StopMachine ends that.
func StopMachine() { C.machine_stop() }

// TakeOffline takes a CPU of the machine offline.
func TakeOffline(cpu int) { C.machine_take_offline(C.int(cpu)) }
