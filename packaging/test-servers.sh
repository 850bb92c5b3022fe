#!/usr/bin/env bash
# Installs, through apt, the servers and mail clients that the tests talk to, and the compiler of their faulty disk; what is named on the command
# line as well. What is there already is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=(dovecot-imapd dovecot-lmtpd postfix postgresql chromium fonts-dejavu-core fonts-inter swaks libnet-ssleay-perl neomutt s-nail gnupg openssl gcc libc6-dev "$@")

say() { printf 'servers: %s\n' "$*" >&2; }

mkdir -p .tools
stamp=".tools/servers-$(printf '%s\n' "${wanted[@]}" | cksum | cut -d ' ' -f 1)"
[ ! -e "$stamp" ] || exit 0
if ! command -v apt-get >/dev/null; then
    say "no apt-get here: please install ${wanted[*]} by the means of this system"
    exit 0
fi

has_postgres() { command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; }

missing=()
for package in "${wanted[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] && continue
    [ "$package" = postgresql ] && has_postgres && continue
    missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ]; then
    say "installing ${missing[*]}"
    root=()
    [ "$(id -u)" = 0 ] || root=(sudo)
    apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600)
    case " ${missing[*]} " in
        # Without an answer at hand, postfix's installer may ask one and wait for ever.
        *" postfix "*) printf 'postfix postfix/main_mailer_type select No configuration\n' | "${root[@]}" debconf-set-selections ;;
    esac
    compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null || "${apt[@]}" update >&2
    "${apt[@]}" install --no-install-recommends "${missing[@]}" >&2 </dev/null || {
        "${apt[@]}" update >&2
        "${apt[@]}" install --no-install-recommends "${missing[@]}" >&2 </dev/null
    }
fi
touch "$stamp"
