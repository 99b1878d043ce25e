/*
 * Which release of Xen the headers are of, as major * 100 + minor. libxl.h has no number
 * of its own, but a macro for what each release brought. Headers newer than the last one
 * here count as that one: package idl knows nothing that came later.
 */
#ifndef XENVOY_LIBXL_RELEASE_H
#define XENVOY_LIBXL_RELEASE_H

#include <libxl.h>

#if defined(LIBXL_HAVE_BUILDINFO_LLC_COLORS)
#define XV_RELEASE 420
#elif defined(LIBXL_HAVE_HVM_PIRQ)
#define XV_RELEASE 419
#elif defined(LIBXL_HAVE_PHYSINFO_ARCH_CAPABILITIES)
#define XV_RELEASE 418
#else
#define XV_RELEASE 417
#endif

#endif
