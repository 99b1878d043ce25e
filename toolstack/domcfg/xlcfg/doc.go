// Package xlcfg reads and writes the configuration files of xl: its grammar, and
// what xl gives libxl for a domain file.
//
//	file, err := xlcfg.Load("guest.cfg")             // err: domcfg.Errors, all syntax errors
//	config, warnings, err := xlcfg.Config(file, xlcfg.Host{CPUs: 8})
//
// Config does what parse_config_data of tools/xl/xl_parse.c does in Xen 4.17,
// for all of its keys; the JSON of the result is what `xl create -n` prints.
// What xl does not set is left unset, for libxl to choose. xl asks the
// hypervisor for a few facts and reads xl.conf: both are in Host, so that files
// are read anywhere.
//
// Where xl gives up, Config returns errors, all of them, each with the place,
// the key, what is wrong and what is wanted. Where xl goes on but does not do
// what the file says (a number that is none, an unknown key, an octal number, a
// key that this type of guest does not have), Config goes on in the same way
// and says so in a warning with the same content.
//
// Write is the way back. It names what no file can say.
//
// # Where it differs from xl on purpose
//
//   - A file with a byte zero or text that is not UTF-8 is refused: the result
//     has no place for them.
//   - Numbers that xl would cut to the width of a field are errors, and so is
//     what makes xl read memory that is not its own: a short mac=, a PCI address
//     without a function, too many vdistances.
//   - A mac= that xl takes in part is an error.
//   - rdm= accepts what the manual page says. In xl a policy makes it ignore the
//     whole option, and without one the policy is what the stack holds.
//   - trusted and untrusted work for disks: the scanner that Xen ships for them
//     was made before they came.
//   - usbdev= without type= is a host device, as the manual page says.
//   - A disk whose text ends in = is refused, and a file whose last byte is no
//     part of any token: xl drops them.
//   - What follows a PCI address or slot, and a connector without its size, are
//     errors.
//   - A range of vCPUs in vnuma= that is none is an error; xl passes over it.
//   - Ranges of CPUs have 31 bits. Lists are nested at most MaxDepth deep, and
//     files, messages, vnuma nodes and CPUID leaves are bounded.
package xlcfg
