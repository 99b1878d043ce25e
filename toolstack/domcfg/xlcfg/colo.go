package xlcfg

import (
	"maps"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// coloTexts is the members for the keys of COLO, a replication of the guest to a
// second host. Their names are libxl's.
func coloTexts(nic *idl.DeviceNIC) map[string]*string {
	texts := coloSockets(nic)
	maps.Copy(texts, coloFilters(nic))
	return texts
}

func coloFilters(nic *idl.DeviceNIC) map[string]*string {
	return map[string]*string{
		"colo_filter_mirror_queue":           &nic.ColoFilterMirrorQueue,
		"colo_filter_mirror_outdev":          &nic.ColoFilterMirrorOutdev,
		"colo_filter_redirector0_queue":      &nic.ColoFilterRedirector0Queue,
		"colo_filter_redirector0_indev":      &nic.ColoFilterRedirector0Indev,
		"colo_filter_redirector0_outdev":     &nic.ColoFilterRedirector0Outdev,
		"colo_filter_redirector1_queue":      &nic.ColoFilterRedirector1Queue,
		"colo_filter_redirector1_indev":      &nic.ColoFilterRedirector1Indev,
		"colo_filter_redirector1_outdev":     &nic.ColoFilterRedirector1Outdev,
		"colo_compare_pri_in":                &nic.ColoComparePriIn,
		"colo_compare_sec_in":                &nic.ColoCompareSecIn,
		"colo_compare_out":                   &nic.ColoCompareOut,
		"colo_compare_notify_dev":            &nic.ColoCompareNotifyDev,
		"colo_filter_sec_redirector0_queue":  &nic.ColoFilterSecRedirector0Queue,
		"colo_filter_sec_redirector0_indev":  &nic.ColoFilterSecRedirector0Indev,
		"colo_filter_sec_redirector0_outdev": &nic.ColoFilterSecRedirector0Outdev,
		"colo_filter_sec_redirector1_queue":  &nic.ColoFilterSecRedirector1Queue,
		"colo_filter_sec_redirector1_indev":  &nic.ColoFilterSecRedirector1Indev,
		"colo_filter_sec_redirector1_outdev": &nic.ColoFilterSecRedirector1Outdev,
		"colo_filter_sec_rewriter0_queue":    &nic.ColoFilterSecRewriter0Queue,
		"colo_checkpoint_host":               &nic.ColoCheckpointHost,
		"colo_checkpoint_port":               &nic.ColoCheckpointPort,
	}
}

func coloSockets(nic *idl.DeviceNIC) map[string]*string {
	return map[string]*string{
		"colo_sock_mirror_id":            &nic.ColoSockMirrorID,
		"colo_sock_mirror_ip":            &nic.ColoSockMirrorIP,
		"colo_sock_mirror_port":          &nic.ColoSockMirrorPort,
		"colo_sock_compare_pri_in_id":    &nic.ColoSockComparePriInID,
		"colo_sock_compare_pri_in_ip":    &nic.ColoSockComparePriInIP,
		"colo_sock_compare_pri_in_port":  &nic.ColoSockComparePriInPort,
		"colo_sock_compare_sec_in_id":    &nic.ColoSockCompareSecInID,
		"colo_sock_compare_sec_in_ip":    &nic.ColoSockCompareSecInIP,
		"colo_sock_compare_sec_in_port":  &nic.ColoSockCompareSecInPort,
		"colo_sock_compare_notify_id":    &nic.ColoSockCompareNotifyID,
		"colo_sock_compare_notify_ip":    &nic.ColoSockCompareNotifyIP,
		"colo_sock_compare_notify_port":  &nic.ColoSockCompareNotifyPort,
		"colo_sock_redirector0_id":       &nic.ColoSockRedirector0ID,
		"colo_sock_redirector0_ip":       &nic.ColoSockRedirector0IP,
		"colo_sock_redirector0_port":     &nic.ColoSockRedirector0Port,
		"colo_sock_redirector1_id":       &nic.ColoSockRedirector1ID,
		"colo_sock_redirector1_ip":       &nic.ColoSockRedirector1IP,
		"colo_sock_redirector1_port":     &nic.ColoSockRedirector1Port,
		"colo_sock_redirector2_id":       &nic.ColoSockRedirector2ID,
		"colo_sock_redirector2_ip":       &nic.ColoSockRedirector2IP,
		"colo_sock_redirector2_port":     &nic.ColoSockRedirector2Port,
		"colo_sock_sec_redirector0_id":   &nic.ColoSockSecRedirector0ID,
		"colo_sock_sec_redirector0_ip":   &nic.ColoSockSecRedirector0IP,
		"colo_sock_sec_redirector0_port": &nic.ColoSockSecRedirector0Port,
		"colo_sock_sec_redirector1_id":   &nic.ColoSockSecRedirector1ID,
		"colo_sock_sec_redirector1_ip":   &nic.ColoSockSecRedirector1IP,
		"colo_sock_sec_redirector1_port": &nic.ColoSockSecRedirector1Port,
	}
}
