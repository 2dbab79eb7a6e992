package loadgen

import "strconv"

func (g *Generator) text(s string) *Generator { g.buf = append(g.buf, s...); return g }

func (g *Generator) num(n int) *Generator {
	g.buf = strconv.AppendInt(g.buf, int64(n), 10)
	return g
}

func (g *Generator) stamp(layout string) *Generator {
	g.buf = g.at.AppendFormat(g.buf, layout)
	return g
}

const hexDigits, base62 = "0123456789abcdef", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// random appends n characters of an alphabet.
func (g *Generator) random(n int, alphabet string) *Generator {
	for range n {
		g.buf = append(g.buf, alphabet[g.rng.IntN(len(alphabet))])
	}
	return g
}

// skewed is a number below n whose small values are much more frequent, as
// busy hosts and users are.
func (g *Generator) skewed(n int) int {
	f := g.rng.Float64()
	return int(f * f * f * float64(n))
}

func pick[T any](g *Generator, of []T) T { return of[g.skewed(len(of))] }

func (g *Generator) user() *Generator  { return g.text("u").num(g.skewed(3000)) }
func (g *Generator) inner() *Generator { return g.address(10, g.skewed(6), g.skewed(256)) }
func (g *Generator) outer() *Generator {
	return g.address(11+g.rng.IntN(200), g.rng.IntN(256), g.rng.IntN(256))
}

func (g *Generator) address(a, b, c int) *Generator {
	return g.num(a).text(".").num(b).text(".").num(c).text(".").num(1 + g.rng.IntN(254))
}

func (g *Generator) port() *Generator { return g.num(1024 + g.rng.IntN(64000)) }

func (g *Generator) syslogHead(pri int, app string, pid bool) *Generator {
	g.text("<").num(pri).text(">").stamp("2006-01-02T15:04:05.000000Z").text(" srv-").num(g.skewed(300)).text(" ").text(app)
	if pid {
		g.text("[").num(300 + g.rng.IntN(32000)).text("]")
	}
	return g.text(": ")
}

func (g *Generator) sshd() (source, transport string) {
	g.syslogHead(38, "sshd", true)
	switch g.rng.IntN(10) {
	case 0, 1, 2:
		g.text("Failed password for invalid user ").user().text(" from ").outer().text(" port ").port().text(" ssh2")
	case 3, 4, 5:
		g.text("Connection closed by authenticating user root ").outer().text(" port ").port().text(" [preauth]")
	case 6, 7:
		g.text("Received disconnect from ").outer().text(" port ").port().text(":11: Bye Bye [preauth]")
	case 8:
		g.text("pam_unix(sshd:session): session opened for user ").user().text("(uid=").num(1000 + g.skewed(3000)).text(") by (uid=0)")
	default:
		g.text("Accepted publickey for ").user().text(" from ").inner().text(" port ").port().text(" ssh2: ED25519 SHA256:").random(43, base62)
	}
	return "syslog", "syslog-tcp"
}

var (
	methods = []string{"GET", "GET", "GET", "POST", "HEAD", "PUT"}
	paths   = []string{"/", "/index.html", "/api/v2/orders/", "/static/js/app.", "/login", "/api/v2/customers/", "/images/hero-", "/search?q=", "/wp-login.php", "/cart/items/", "/healthz", "/api/v2/invoices/"}
	status  = []int{200, 200, 200, 304, 302, 404, 201, 403, 500, 502}
	agents  = []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
		"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "curl/8.14.1", "Go-http-client/2.0", "python-requests/2.32.5",
	}
)

func (g *Generator) web() (source, transport string) {
	g.outer().text(" - ")
	if g.rng.IntN(5) == 0 {
		g.user()
	} else {
		g.text("-")
	}
	g.text(" [").stamp("02/Jan/2006:15:04:05 -0700").text(`] "`).text(pick(g, methods)).text(" ").text(pick(g, paths)).num(g.skewed(90000)).text(` HTTP/1.1" `)
	g.num(pick(g, status)).text(" ").num(120 + g.skewed(60000)).text(` "https://shop.example.com`).text(pick(g, paths)).text(`" "`).text(pick(g, agents)).text(`"`)
	return "web", "http"
}

func (g *Generator) firewall() (source, transport string) {
	g.syslogHead(4, "kernel", false)
	g.text("[").num(100000 + g.n%900000).text(".").num(100000 + g.rng.IntN(900000)).text("] [UFW ").text(pick(g, []string{"BLOCK", "ALLOW", "AUDIT"}))
	g.text("] IN=eth").num(g.rng.IntN(2)).text(" OUT= MAC=52:54:00:").random(2, hexDigits).text(":").random(2, hexDigits).text(":").random(2, hexDigits).text(":00:0c:29:7a:11:20:08:00 SRC=")
	g.outer().text(" DST=").inner().text(" LEN=").num(40 + g.skewed(1460)).text(" TOS=0x00 PREC=0x00 TTL=").num(40 + g.rng.IntN(88)).text(" ID=").num(g.rng.IntN(65536))
	g.text(" DF PROTO=TCP SPT=").port().text(" DPT=").num(pick(g, []int{22, 23, 443, 445, 3389, 80, 8080, 5900, 1433, 6379, 25, 53})).text(" WINDOW=").num(1024 * g.rng.IntN(64)).text(" RES=0x00 SYN URGP=0")
	return "syslog", "syslog-udp"
}

var (
	images   = []string{`C:\Windows\System32\svchost.exe`, `C:\Windows\System32\conhost.exe`, `C:\Program Files\Google\Chrome\Application\chrome.exe`, `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, `C:\Windows\System32\cmd.exe`, `C:\Windows\System32\taskhostw.exe`, `C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE`, `C:\Windows\System32\wbem\WmiPrvSE.exe`, `C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`, `C:\Windows\System32\RuntimeBroker.exe`}
	commands = []string{` -k netsvcs -p -s Schedule`, ` 0xffffffff -ForceV1`, ` --type=renderer --lang=en-US --renderer-client-id=`, ` -NoProfile -ExecutionPolicy Bypass -File C:\ops\inventory.ps1 -Batch `, ` /c "dir C:\ProgramData\Updates\`, ` /recycle `, ` -secured -Embedding `, ` --profile-directory=Default --no-startup-window `}
)

func (g *Generator) sysmon() (source, transport string) {
	switch g.rng.IntN(4) {
	case 0, 1:
		return g.sysmonProcess(pick(g, images))
	case 2:
		g.sysmonHead(3, "Network connection detected")
		g.text(`,"Image":`).quoted(pick(g, images)).text(`,"User":"CORP\\`).user().text(`","Protocol":"tcp","Initiated":"true","SourceIsIpv6":"false","SourceIp":"`).inner()
		g.text(`","SourcePort":"`).port().text(`","DestinationIsIpv6":"false","DestinationIp":"`).outer().text(`","DestinationHostname":"`).domain().text(`","DestinationPort":"443"}}}`)
	default:
		g.sysmonHead(22, "Dns query")
		g.text(`,"QueryName":"`).domain().text(`","QueryStatus":"0","QueryResults":"::ffff:`).outer().text(`;::ffff:`).outer().text(`;","Image":`).quoted(pick(g, images)).text(`,"User":"CORP\\`).user().text(`"}}}`)
	}
	return "windows", "http"
}

func (g *Generator) sysmonProcess(image string) (source, transport string) {
	g.sysmonHead(1, "Process Create")
	g.text(`,"Image":`).quoted(image).text(`,"FileVersion":"10.0.26100.2454 (WinBuild.160101.0800)","Company":"Microsoft Corporation","CommandLine":`)
	g.quoted(image+pick(g, commands)+strconv.Itoa(g.skewed(100000))).text(`,"CurrentDirectory":"C:\\Windows\\system32\\","User":"CORP\\`).user().text(`","LogonId":"0x`).random(6, hexDigits)
	g.text(`","IntegrityLevel":"Medium","Hashes":"SHA256=`)
	for range 4 { // of one of some thousand programs
		g.text(hashes[(g.skewed(2000)+len(image))%len(hashes)])
	}
	g.text(`","ParentProcessGuid":"{`).guid().text(`}","ParentProcessId":"`).num(4 * g.rng.IntN(5000)).text(`","ParentImage":`).quoted(pick(g, images)).text(`,"ParentCommandLine":`).quoted(pick(g, images) + pick(g, commands)).text(`}}}`)
	return "windows", "http"
}

// hashes are quarters of file hashes, since files are few beside events.
var hashes = func() (out [257]string) {
	x := uint64(88172645463325252)
	for i := range out {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		out[i] = strconv.FormatUint(x|1<<63, 16)
	}
	return out
}()

func (g *Generator) sysmonHead(id int, task string) {
	g.text(`{"@timestamp":"`).stamp("2006-01-02T15:04:05.000Z").text(`","winlog":{"channel":"Microsoft-Windows-Sysmon/Operational","event_id":`).num(id).text(`,"record_id":`).num(9_000_000 + g.n)
	g.text(`,"provider_name":"Microsoft-Windows-Sysmon","task":"`).text(task).text(` (rule: `).text(task).text(`)","computer_name":"WS-`).num(g.skewed(900)).text(`.corp.example","event_data":{"UtcTime":"`).stamp("2006-01-02 15:04:05.000")
	g.text(`","ProcessGuid":"{`).guid().text(`}","ProcessId":"`).num(4 * g.rng.IntN(5000)).text(`"`)
}

func (g *Generator) guid() *Generator {
	return g.random(8, hexDigits).text("-").random(4, hexDigits).text("-").random(4, hexDigits).text("-").random(4, hexDigits).text("-000000000700")
}

func (g *Generator) quoted(s string) *Generator {
	g.buf = strconv.AppendQuote(g.buf, s)
	return g
}

func (g *Generator) domain() *Generator {
	return g.text(pick(g, []string{"www", "api", "cdn", "login", "telemetry", "mail", "edge"})).text(strconv.Itoa(g.skewed(60))).text(".").text(pick(g, []string{"example.com", "contoso.example", "vendor.example", "update.example.net", "ads.example.org", "cloud.example.io"}))
}

func (g *Generator) zeek() (source, transport string) {
	g.text(`{"_path":"`)
	dns := g.rng.IntN(2) == 0
	if dns {
		g.text("dns")
	} else {
		g.text("conn")
	}
	g.text(`","ts":"`).stamp("2006-01-02T15:04:05.000000Z").text(`","uid":"C`).random(17, base62).text(`","id.orig_h":"`).inner().text(`","id.orig_p":`).port()
	if dns {
		g.text(`,"id.resp_h":"10.0.0.53","id.resp_p":53,"proto":"udp","trans_id":`).num(g.rng.IntN(65536)).text(`,"rtt":0.000`).num(100 + g.rng.IntN(800)).text(`,"query":"`).domain()
		g.text(`","qclass":1,"qclass_name":"C_INTERNET","qtype":1,"qtype_name":"A","rcode":0,"rcode_name":"NOERROR","AA":false,"TC":false,"RD":true,"RA":true,"Z":0,"answers":["`).outer().text(`"],"TTLs":[`).num(g.rng.IntN(3600)).text(`.0],"rejected":false}`)
	} else {
		g.text(`,"id.resp_h":"`).outer().text(`","id.resp_p":443,"proto":"tcp","service":"ssl","duration":`).num(g.skewed(600)).text(`.`).num(100000 + g.rng.IntN(899999)).text(`,"orig_bytes":`).num(g.skewed(90000)).text(`,"resp_bytes":`).num(g.skewed(900000))
		g.text(`,"conn_state":"SF","local_orig":true,"local_resp":false,"missed_bytes":0,"history":"ShADadFf","orig_pkts":`).num(g.skewed(400)).text(`,"resp_pkts":`).num(g.skewed(600)).text(`}`)
	}
	return "zeek", "http"
}

func (g *Generator) kubernetes() (source, transport string) {
	verb := pick(g, []string{"get", "list", "watch", "patch", "update", "create", "delete"})
	resource := pick(g, []string{"pods", "leases", "configmaps", "secrets", "deployments", "events", "nodes"})
	space := pick(g, []string{"default", "kube-system", "payments", "shop", "monitoring", "ci"})
	g.text(`{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"`).guid().text(`","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/`).text(space).text("/").text(resource).text("/").text(space).text("-").random(5, hexDigits)
	g.text(`","verb":"`).text(verb).text(`","user":{"username":"system:serviceaccount:`).text(space).text(`:agent-`).num(g.skewed(30)).text(`","groups":["system:serviceaccounts","system:authenticated"]},"sourceIPs":["`).inner()
	g.text(`"],"userAgent":"kube-controller-manager/v1.33.2 (linux/amd64) kubernetes/a57b6f7","objectRef":{"resource":"`).text(resource).text(`","namespace":"`).text(space).text(`","name":"`).text(space).text("-").random(5, hexDigits).text(`","apiVersion":"v1"},"responseStatus":{"metadata":{},"code":`).num(pick(g, []int{200, 200, 201, 404, 403, 409}))
	g.text(`},"requestReceivedTimestamp":"`).stamp("2006-01-02T15:04:05.000000Z").text(`","stageTimestamp":"`).stamp("2006-01-02T15:04:05.000000Z").text(`","annotations":{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":"RBAC: allowed by RoleBinding"}}`)
	return "k8s", "http"
}
