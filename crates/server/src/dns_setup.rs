//! `simfra dns`: how this machine's resolver is pointed at Simfra, for the one suffix that is Simfra's.

/// What to paste, with the port of the Simfra that runs.
pub fn instructions(suffix: &str, port: u64) -> String {
    format!(
        "\
Simfra answers names under {suffix} at 127.0.0.1, port {port}, UDP and TCP. Only that suffix is sent to it below; every
other name stays with the resolvers you have. The port is the lowest free one of SIMFRA_DNS_PORT_RANGE at each start: set
that to one port (SIMFRA_DNS_PORT_RANGE={port}) to keep it.

systemd-resolved (version 246 or newer)

    sudo mkdir -p /etc/systemd/resolved.conf.d
    printf '[Resolve]\\nDNS=127.0.0.1:{port}\\nDomains=~{suffix}\\n' | sudo tee /etc/systemd/resolved.conf.d/simfra.conf
    sudo systemctl restart systemd-resolved

macOS

    sudo mkdir -p /etc/resolver
    printf 'nameserver 127.0.0.1\\nport {port}\\n' | sudo tee /etc/resolver/{suffix}

dnsmasq

    echo 'server=/{suffix}/127.0.0.1#{port}' | sudo tee /etc/dnsmasq.d/simfra.conf
    sudo systemctl restart dnsmasq

A plain /etc/resolv.conf

    It knows neither ports nor suffixes, so it cannot send one suffix to Simfra. Install dnsmasq, set it up as above, and
    let /etc/resolv.conf name it alone: nameserver 127.0.0.1

To see that it works: create a cache, then ask for its endpoint's name: `getent hosts <name>` on Linux,
`dscacheutil -q host -a name <name>` on macOS. Without any of this: dig @127.0.0.1 -p {port} <name>
"
    )
}

#[cfg(test)]
mod tests {
    use super::instructions;

    #[test]
    fn only_the_suffix_is_delegated_and_the_port_is_named_everywhere() {
        let text = instructions("simfra.dev", 10_007);
        for line in [
            r"printf '[Resolve]\nDNS=127.0.0.1:10007\nDomains=~simfra.dev\n' | sudo tee",
            r"printf 'nameserver 127.0.0.1\nport 10007\n' | sudo tee /etc/resolver/simfra.dev",
            "server=/simfra.dev/127.0.0.1#10007",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
