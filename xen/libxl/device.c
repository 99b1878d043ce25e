#include "glue.h"

#include <string.h>
#include <unistd.h>

/*
 * Some of libxl's functions for devices end the process over what is not there, reading
 * through a null pointer a text that xenstore does not have, or do harm to what is another
 * domain's. These look before whether it is there.
 */

/* libxl_vsnd.c reads the back end's path without looking whether there is one. */
int xv_device_vsnd_getinfo(libxl_ctx *ctx, uint32_t domid, const libxl_device_vsnd *vsnd, libxl_vsndinfo *info)
{
    libxl_device_vsnd found;
    int rc;

    libxl_device_vsnd_init(&found);
    rc = libxl_devid_to_device_vsnd(ctx, domid, vsnd->devid, &found);
    libxl_device_vsnd_dispose(&found);
    return rc ? rc : libxl_device_vsnd_getinfo(ctx, domid, vsnd, info);
}

/* Returns 0 when the domain has the controller, ERROR_NOTFOUND when it has not. */
static int find_usbctrl(libxl_ctx *ctx, uint32_t domid, int devid)
{
    libxl_device_usbctrl found;
    int rc;

    libxl_device_usbctrl_init(&found);
    rc = libxl_devid_to_device_usbctrl(ctx, domid, devid, &found);
    libxl_device_usbctrl_dispose(&found);
    return rc;
}

/* For the code alone: libxl's own is ERROR_FAIL for everything. */
int xv_device_usbctrl_getinfo(libxl_ctx *ctx, uint32_t domid, const libxl_device_usbctrl *usbctrl, libxl_usbctrlinfo *info)
{
    int rc = find_usbctrl(ctx, domid, usbctrl->devid);

    return rc ? rc : libxl_device_usbctrl_getinfo(ctx, domid, usbctrl, info);
}

/* libxl_usb.c compares the controller's type without looking whether there is one. */
int xv_ctrlport_to_device_usbdev(libxl_ctx *ctx, uint32_t domid, int ctrl, int port, libxl_device_usbdev *usbdev)
{
    int rc = find_usbctrl(ctx, domid, ctrl);

    return rc ? rc : libxl_ctrlport_to_device_usbdev(ctx, domid, ctrl, port, usbdev);
}

/* Says whether the list has the device, and fills in its address if it has a name. Frees the list. */
static bool take_pci(libxl_device_pci *list, int num, libxl_device_pci *pci)
{
    bool found = false;

    for (int i = 0; i < num && !found; i++) {
        const libxl_device_pci *p = &list[i];
        if (!pci->name) {
            found = p->domain == pci->domain && p->bus == pci->bus && p->dev == pci->dev && p->func == pci->func;
        } else if (p->name && !strcmp(p->name, pci->name)) {
            found = true;
            pci->domain = p->domain;
            pci->bus = p->bus;
            pci->dev = p->dev;
            pci->func = p->func;
        }
    }
    libxl_device_pci_list_free(list, num);
    return found;
}

/* Says whether the domain has the device. Then its name is of no more use, and libxl need
 * not look for it: it reads wild pointers when it does not find it. */
static bool has_pci(libxl_ctx *ctx, uint32_t domid, libxl_device_pci *pci)
{
    int num = 0;
    libxl_device_pci *list = libxl_device_pci_list(ctx, domid, &num);
    bool found = take_pci(list, num, pci);

    free(pci->name);
    pci->name = NULL;
    return found;
}

/* Says whether Add may seize the device: pciback has it not, so no domain has it. */
static bool can_seize(const libxl_device_pci *pci)
{
    char path[80];

    if (!pci->seize || pci->name)
        return false;
    snprintf(path, sizeof path, "/sys/bus/pci/drivers/pciback/%04x:%02x:%02x.%01x", pci->domain, pci->bus, pci->dev, pci->func);
    return access(path, F_OK) != 0;
}

/* When libxl refuses a device that another domain has, it takes it for free from then on. */
int xv_device_pci_add(libxl_ctx *ctx, uint32_t domid, libxl_device_pci *pci, const libxl_asyncop_how *how)
{
    int num = 0;
    libxl_device_pci *list = libxl_device_pci_assignable_list(ctx, &num);

    if (!take_pci(list, num, pci) && !can_seize(pci))
        return ERROR_NOTFOUND;
    return libxl_device_pci_add(ctx, domid, pci, how);
}

int xv_device_pci_remove(libxl_ctx *ctx, uint32_t domid, libxl_device_pci *pci, const libxl_asyncop_how *how)
{
    return has_pci(ctx, domid, pci) ? libxl_device_pci_remove(ctx, domid, pci, how) : ERROR_NOTFOUND;
}

/* libxl resets the device first, whoever has it, dom0 for one. */
int xv_device_pci_destroy(libxl_ctx *ctx, uint32_t domid, libxl_device_pci *pci, const libxl_asyncop_how *how)
{
    return has_pci(ctx, domid, pci) ? libxl_device_pci_destroy(ctx, domid, pci, how) : ERROR_NOTFOUND;
}

/* libxl has no such function for channels. */
void xv_device_channel_list_free(libxl_device_channel *list, int num)
{
    for (int i = 0; i < num; i++)
        libxl_device_channel_dispose(&list[i]);
    free(list);
}

int xv_device_9pfs_add(libxl_ctx *ctx, uint32_t domid, libxl_device_p9 *p9, const libxl_asyncop_how *how)
{
#if XV_HAVE_P9_ADD
    return libxl_device_9pfs_add(ctx, domid, p9, how);
#else
    (void)ctx, (void)domid, (void)p9, (void)how;
    return ERROR_NI;
#endif
}
