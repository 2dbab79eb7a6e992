package eventfile

import (
	"strings"

	"github.com/tocsin-project/tocsin/sigma"
)

// services maps Windows channels, in lower case, to Sigma's services
// (SigmaHQ, "logsource guides", and the channels of its public rules).
var services = map[string]string{
	"security": "security", "system": "system", "application": "application", "windows powershell": "powershell-classic",
	"dns server": "dns-server", "msexchange management": "msexchange-management", "openssh/operational": "openssh",
	"microsoft-servicebus-client":                                              "microsoft-servicebus-client",
	"microsoft-servicebus-client/admin":                                        "microsoft-servicebus-client",
	"microsoft-servicebus-client/operational":                                  "microsoft-servicebus-client",
	"microsoft-windows-sysmon/operational":                                     "sysmon",
	"microsoft-windows-powershell/operational":                                 "powershell",
	"powershellcore/operational":                                               "powershell",
	"microsoft-windows-windows defender/operational":                           "windefend",
	"microsoft-windows-taskscheduler/operational":                              "taskscheduler",
	"microsoft-windows-wmi-activity/operational":                               "wmi",
	"microsoft-windows-ntlm/operational":                                       "ntlm",
	"microsoft-windows-codeintegrity/operational":                              "codeintegrity-operational",
	"microsoft-windows-applocker/exe and dll":                                  "applocker",
	"microsoft-windows-applocker/msi and script":                               "applocker",
	"microsoft-windows-applocker/packaged app-deployment":                      "applocker",
	"microsoft-windows-applocker/packaged app-execution":                       "applocker",
	"microsoft-windows-bits-client/operational":                                "bits-client",
	"microsoft-windows-dns-client/operational":                                 "dns-client",
	"microsoft-windows-dns-server/audit":                                       "dns-server-audit",
	"microsoft-windows-dnsserver/analytical":                                   "dns-server-analytic",
	"microsoft-windows-driverframeworks-usermode/operational":                  "driver-framework",
	"microsoft-windows-windows firewall with advanced security/firewall":       "firewall-as",
	"microsoft-windows-smbclient/security":                                     "smbclient-security",
	"microsoft-windows-smbclient/connectivity":                                 "smbclient-connectivity",
	"microsoft-windows-smbserver/connectivity":                                 "smbserver-connectivity",
	"microsoft-windows-printservice/admin":                                     "printservice-admin",
	"microsoft-windows-printservice/operational":                               "printservice-operational",
	"microsoft-windows-terminalservices-localsessionmanager/operational":       "terminalservices-localsessionmanager",
	"microsoft-windows-security-mitigations/kernel mode":                       "security-mitigations",
	"microsoft-windows-security-mitigations/user mode":                         "security-mitigations",
	"microsoft-windows-shell-core/operational":                                 "shell-core",
	"microsoft-windows-appmodel-runtime/admin":                                 "appmodel-runtime",
	"microsoft-windows-appxdeploymentserver/operational":                       "appxdeployment-server",
	"microsoft-windows-appxpackaging/operational":                              "appxpackaging-om",
	"microsoft-windows-capi2/operational":                                      "capi2",
	"microsoft-windows-certificateservicesclient-lifecycle-system/operational": "certificateservicesclient-lifecycle-system",
	"microsoft-windows-diagnosis-scripted/operational":                         "diagnosis-scripted",
	"microsoft-windows-ldap-client/debug":                                      "ldap",
	"microsoft-windows-lsa/operational":                                        "lsa-server",
	"microsoft-iis-configuration/operational":                                  "iis-configuration",
	"microsoft-windows-kernel-shimengine/operational":                          "kernel-shimengine",
	"microsoft-windows-kernel-eventtracing/admin":                              "kernel-event-tracing",
	"microsoft-windows-hyper-v-worker-admin":                                   "hyper-v-worker",
	"microsoft-windows-sense/operational":                                      "sense",
}

// categories maps a service and event id to Sigma's categories.
var categories = map[string]map[int][]string{
	"sysmon": {
		1: {"process_creation"}, 2: {"file_change"}, 3: {"network_connection"}, 4: {"sysmon_status"}, 5: {"process_termination"},
		6: {"driver_load"}, 7: {"image_load"}, 8: {"create_remote_thread"}, 9: {"raw_access_thread"}, 10: {"process_access"},
		11: {"file_event"}, 12: {"registry_event", "registry_add", "registry_delete"}, 13: {"registry_event", "registry_set"},
		14: {"registry_event", "registry_rename"}, 15: {"create_stream_hash"}, 16: {"sysmon_status"}, 17: {"pipe_created"}, 18: {"pipe_created"},
		19: {"wmi_event"}, 20: {"wmi_event"}, 21: {"wmi_event"}, 22: {"dns_query"}, 23: {"file_delete"}, 24: {"clipboard_capture"},
		25: {"process_tampering"}, 26: {"file_delete"}, 27: {"file_block_executable"}, 28: {"file_block_shredding"},
		29: {"file_executable_detected"}, 255: {"sysmon_error"},
	},
	"security":           {4688: {"process_creation"}},
	"powershell":         {4103: {"ps_module"}, 4104: {"ps_script"}},
	"powershell-classic": {400: {"ps_classic_start"}, 600: {"ps_classic_provider_start"}, 800: {"ps_module"}},
	"windefend": {
		1006: {"antivirus"}, 1007: {"antivirus"}, 1008: {"antivirus"}, 1015: {"antivirus"}, 1116: {"antivirus"}, 1117: {"antivirus"}, 1118: {"antivirus"}, 1119: {"antivirus"},
	},
}

// windowsSources gives the log sources of a Windows event.
func windowsSources(channel string, id int) []sigma.Logsource {
	service := services[strings.ToLower(channel)]
	if service == "" {
		return []sigma.Logsource{{Product: "windows"}}
	}
	out := []sigma.Logsource{{Product: "windows", Service: service}}
	if strings.HasPrefix(strings.ToLower(channel), "microsoft-windows-kernel-") {
		return out
	}
	for _, c := range categories[service][id] {
		product := "windows"
		if c == "antivirus" {
			product = ""
		}
		out = append(out, sigma.Logsource{Category: c, Product: product})
	}
	return out
}

// synonyms are the names that rules of a category use for a service's own
// (SigmaHQ, tests/thor.yml: 4688 as process_creation; antivirus).
var synonyms = map[string][][2]string{
	"security/4688":  {{"NewProcessName", "Image"}, {"ParentProcessName", "ParentImage"}},
	"windefend/1116": {{"ThreatName", "Signature"}, {"Path", "Filename"}},
	"windefend/1117": {{"ThreatName", "Signature"}, {"Path", "Filename"}},
}
