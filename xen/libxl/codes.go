package libxl

import "github.com/xenvoy/xenvoy/xen/libxl/idl"

// A Code is one of libxl's error numbers (enum libxl_error in libxl_types.idl).
// It is an error itself, so that errors.Is(err, ErrDomainNotFound) works on what
// this package returns.
type Code idl.ErrorCode

// libxl's error numbers.
const (
	ErrNonspecific                  = Code(idl.ErrorNonspecific)
	ErrVersion                      = Code(idl.ErrorVersion)
	ErrFail                         = Code(idl.ErrorFail)
	ErrNI                           = Code(idl.ErrorNi) // not implemented
	ErrNoMem                        = Code(idl.ErrorNomem)
	ErrInval                        = Code(idl.ErrorInval)
	ErrBadFail                      = Code(idl.ErrorBadfail)
	ErrGuestTimedOut                = Code(idl.ErrorGuestTimedout)
	ErrTimedOut                     = Code(idl.ErrorTimedout)
	ErrNoParavirt                   = Code(idl.ErrorNoparavirt)
	ErrNotReady                     = Code(idl.ErrorNotReady)
	ErrOSEventRegFail               = Code(idl.ErrorOseventRegFail)
	ErrBufferFull                   = Code(idl.ErrorBufferfull)
	ErrUnknownChild                 = Code(idl.ErrorUnknownChild)
	ErrLockFail                     = Code(idl.ErrorLockFail)
	ErrJSONConfigEmpty              = Code(idl.ErrorJSONConfigEmpty)
	ErrDeviceExists                 = Code(idl.ErrorDeviceExists)
	ErrCheckpointDevopsDoesNotMatch = Code(idl.ErrorCheckpointDevopsDoesNotMatch)
	ErrCheckpointDeviceNotSupported = Code(idl.ErrorCheckpointDeviceNotSupported)
	ErrVNUMAConfigInvalid           = Code(idl.ErrorVNUMAConfigInvalid)
	ErrDomainNotFound               = Code(idl.ErrorDomainNotfound)
	ErrAborted                      = Code(idl.ErrorAborted)
	ErrNotFound                     = Code(idl.ErrorNotfound)
	ErrDomainDestroyed              = Code(idl.ErrorDomainDestroyed)
	ErrFeatureRemoved               = Code(idl.ErrorFeatureRemoved)
	ErrProtocolErrorQMP             = Code(idl.ErrorProtocolErrorQMP)
	ErrUnknownQMPError              = Code(idl.ErrorUnknownQMPError)
	ErrQMPGenericError              = Code(idl.ErrorQMPGenericError)
	ErrQMPCommandNotFound           = Code(idl.ErrorQMPCommandNotFound)
	ErrQMPDeviceNotActive           = Code(idl.ErrorQMPDeviceNotActive)
	ErrQMPDeviceNotFound            = Code(idl.ErrorQMPDeviceNotFound)
	ErrQEMUAPI                      = Code(idl.ErrorQEMUAPI)
)

// Error returns libxl's own name of the number, such as "domain_notfound".
func (c Code) Error() string { return idl.ErrorCode(c).String() }
