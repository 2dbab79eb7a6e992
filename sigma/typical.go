package sigma

// typical are ordinary values of log fields. Grams and literals that stand in
// them are common, so they make poor witnesses.
var typical = []string{
	`C:\Windows\System32\svchost.exe`, `C:\Windows\System32\svchost.exe -k netsvcs -p -s Schedule`,
	`C:\Windows\system32\svchost.exe -k LocalServiceNetworkRestricted -p`, `C:\Windows\SysWOW64\cmd.exe`,
	`C:\Windows\System32\cmd.exe /c `, `"C:\Windows\System32\cmd.exe" /c "`, `C:\Windows\System32\conhost.exe 0xffffffff -ForceV1`,
	`C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, `powershell.exe -NoProfile -ExecutionPolicy Bypass -Command `,
	`"C:\WINDOWS\System32\WindowsPowerShell\v1.0\powershell.exe" -noni -nop -w hidden -enc `, `powershell.exe`, `pwsh.exe`, `cmd.exe`,
	`C:\Windows\explorer.exe`, `C:\Windows\System32\services.exe`, `C:\Windows\System32\lsass.exe`, `C:\Windows\System32\wbem\WmiPrvSE.exe`,
	`C:\Windows\System32\rundll32.exe`, `C:\Windows\System32\taskhostw.exe`, `C:\Windows\System32\RuntimeBroker.exe -Embedding`,
	`C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE`, `C:\Program Files (x86)\Google\Chrome\Application\chrome.exe --type=renderer`,
	`C:\Program Files\Windows Defender\MsMpEng.exe`, `C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe --type=utility`,
	`C:\ProgramData\Microsoft\Windows\Start Menu\Programs\`, `C:\Users\user\AppData\Local\Temp\`, `C:\Users\user\AppData\Roaming\Microsoft\Windows\`,
	`C:\Users\Public\`, `C:\Users\Administrator\Desktop\`, `C:\Users\user\Downloads\setup.exe`, `C:\Windows\Temp\`, `C:\Windows\System32\`,
	`C:\Windows\System32\ntdll.dll`, `C:\Windows\System32\kernel32.dll`, `C:\Windows\System32\KernelBase.dll`, `C:\Windows\assembly\NativeImages_v4.0.30319_64\mscorlib\`,
	`C:\Windows\SYSTEM32\ntdll.dll+9c584|C:\Windows\System32\KERNELBASE.dll+2c13e|C:\Windows\System32\kernel32.dll+16ac8|UNKNOWN(00007FF8)`,
	`HKLM\System\CurrentControlSet\Services\`, `HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\`, `HKU\S-1-5-21-1111111111-2222222222-3333333333-1001\Software\Microsoft\`,
	`HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\`, `HKLM\SOFTWARE\Classes\`, `HKLM\System\CurrentControlSet\Control\`, `DWORD (0x00000001)`, `Binary Data`,
	`NT AUTHORITY\SYSTEM`, `NT AUTHORITY\NETWORK SERVICE`, `NT AUTHORITY\LOCAL SERVICE`, `DOMAIN\user`, `SYSTEM`, `Administrator`, `ANONYMOUS LOGON`,
	`Microsoft-Windows-Sysmon`, `Microsoft-Windows-Sysmon/Operational`, `Microsoft-Windows-Security-Auditing`, `Security`, `System`, `Application`,
	`Microsoft-Windows-PowerShell/Operational`, `Microsoft-Windows-PowerShell`, `Windows PowerShell`, `Service Control Manager`,
	`Microsoft Corporation`, `Microsoft® Windows® Operating System`, `10.0.17763.1 (WinBuild.160101.0800)`, `Windows Command Processor`, `Windows PowerShell`,
	`High`, `Medium`, `true`, `false`, `-`, `%%1936`, `0x1fffff`, `0x1000`, `0x1410`, `0x40`, `0x3e7`, `0x0`, `Success`, `127.0.0.1`, `0:0:0:0:0:0:0:1`, `tcp`, `udp`,
	`SHA1=1111111111111111111111111111111111111111,MD5=11111111111111111111111111111111,SHA256=1111111111111111111111111111111111111111111111111111111111111111,IMPHASH=11111111111111111111111111111111`,
	`/usr/bin/bash`, `/bin/sh -c `, `/usr/sbin/sshd -D`, `/usr/bin/python3 `, `/usr/lib/systemd/systemd --user`, `/usr/bin/sudo`, `/tmp/`, `/var/log/`, `/etc/`, `/home/user/`, `/usr/sbin/cron -f`,
	`https://www.example.com/index.html?id=1`, `http://`, `GET`, `POST`, `200`, `404`, `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36`,
	`/api/v1/`, `/index.php`, `/images/logo.png`, `ec2.amazonaws.com`, `s3.amazonaws.com`, `iam.amazonaws.com`, `sts.amazonaws.com`, `AwsApiCall`, `IAMUser`, `AssumedRole`, `arn:aws:iam::111111111111:user/`,
	`Add-Type -TypeDefinition `, `function Get-`, `param([string]$`, `New-Object `, `Import-Module `, `$env:`, `Write-Host`, `Invoke-`, `Set-StrictMode -Version 1; $_.`, `[System.`, `.ps1`,
	`reg add HKCU\Software\`, `net user `, `schtasks /create /tn `, `--`, ` -e `, ` /c `, ` -p `, ` -s `, ` -d `, ` /f `, ` -n `, `.exe" -`, `.exe /`, `.dll,`, `\\127.0.0.1\ADMIN$\`, `Device\HarddiskVolume2\Windows\`,
}

// commonness is the part of typical values in which a literal may stand: that
// of its rarest gram.
func (c *gramCounts) commonness(lit string) float64 {
	if len(lit) < 4 {
		return 0.1
	}
	off := c.rarest(lit)
	return float64(c.four[gram4(lit, off)*gramFactor>>16]) / float64(c.texts)
}

func newCostModel(m *Matcher, sample []MapEvent) costModel {
	texts := typical
	for _, ev := range sample {
		for _, v := range ev {
			texts = append(texts[:len(texts):len(texts)], v.Text())
		}
	}
	c := costModel{grams: newGramCounts(texts)}
	if len(sample) > 0 {
		c.leaf = m.measure(sample)
	}
	return c
}

// measure evaluates every leaf on the sample.
func (m *Matcher) measure(sample []MapEvent) []float64 {
	found := make([]float64, len(m.leaves))
	r, s := m.NewRecord(), m.NewScratch()
	for _, ev := range sample {
		r.Reset()
		for name, v := range ev {
			r.Set(name, v)
		}
		s.next()
		for i := range r.fields {
			s.at[r.fields[i].number], s.place[r.fields[i].number] = s.round, int32(i)
		}
		for i := range m.leaves {
			if m.leaves[i].keys != nil && s.at[m.leaves[i].field] == s.round && m.holds(int32(i), r, s) {
				found[i] += 1 / float64(len(sample))
			}
		}
	}
	return found
}
