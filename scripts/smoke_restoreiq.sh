#!/usr/bin/env bash
# RestoreIQ over HTTP, for an outage that was promoted: rank, replay, export; the links opened, report_blob_ref looked at.
# With a person's token also: infer and promote before, options, crews and feedback after the ranking.
#
#   export BASE_URL=http://127.0.0.1:5000
#   export GRIDLENS_API_KEY="$(cat .countersign/secrets/gridlens_api_key)"    scopes grid:read and grid:advise
#   export OUTAGE_ID=...      which outage; without it the newest of GET /v1/outages that touched customers
#   export PERSON_TOKEN=...   an operator's; countersign token --tenant DEMO_TENANT --role OPERATOR --user ada
#   export INFER_AS_OF=...    with a token: infer as of this instant (ISO 8601); without it as of the newest signal
#   scripts/smoke_restoreiq.sh
#
# One line a step; at the first failure one sentence and exit 1. What is promoted stays promoted: with a token run it on
# data for trying out. Keys, tokens and the queries of signed links are never printed, nor handed to a process by argument.
set -euo pipefail

umask 077
here="$(mktemp -d)"
trap 'rm -rf "$here"' EXIT
step="start"

fail() {
  echo "FAILED $step: $*" >&2
  exit 1
}

for program in curl python3; do
  command -v "$program" >/dev/null || fail "this needs $program, which is not installed."
done
[ -n "${BASE_URL:-}" ] || fail "BASE_URL is not set; it is the address that \`make up\` prints, such as http://127.0.0.1:5000."
[ -n "${GRIDLENS_API_KEY:+set}" ] || fail "GRIDLENS_API_KEY is not set; \`make up\` says where the key lies."
BASE_URL="${BASE_URL%/}"
export BASE_URL

# Reads answers; a step that is not as it must be ends with one sentence on stderr.
cat >"$here/look.py" <<'PYTHON'
import hashlib, json, os, sys, uuid

HERE, STEP, ARGS = sys.argv[1], sys.argv[2], sys.argv[3:]
SENTENCES = [
    "Advisory-only recommendations.",
    "Operator validation required.",
    "Generated from telemetry available at the time of generation.",
]
FIRST = {"pdf": b"%PDF", "docx": b"PK"}


def end(why):
    for name in ("GRIDLENS_API_KEY", "PERSON_TOKEN"):
        why = why.replace(os.environ.get(name) or "\0", "***")
    sys.exit(why)


def must(holds, why):
    if not holds:
        end(why)


def keep(name, value):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
        file.write(value if isinstance(value, str) else json.dumps(value))


def kept(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def answer(name="answer"):
    try:
        told = json.loads(kept(name))
    except ValueError:
        end("the answer is not JSON.")
    must(isinstance(told, dict), "the answer is not a JSON object.")
    return told


def is_id(value):
    try:
        return str(uuid.UUID(str(value))) == value
    except ValueError:
        return False


def sound(told, states, counts, ids=("run_id", "outage_id")):
    """What every answer must have: a status, its ids, its counts, the three sentences."""
    must(told.get("status") in states, f"status is {told.get('status')!r}, not {' or '.join(states)}.")
    for name in ids:
        must(is_id(told.get(name)), f"{name} is {told.get(name)!r}, which is no id.")
    if "outage_id" in ids and STEP != "promote":
        must(told["outage_id"] == kept("outage_id"), "the answer is about another outage.")
    for name in counts:
        given = told.get("counts", {}).get(name)
        must(isinstance(given, int) and given >= 0, f"counts.{name} is {given!r}, not a number of things.")
    must((told.get("advisory") or {}).get("text") == SENTENCES, "the three advisory sentences are not there as they must be.")
    return told


def listed(told, name, count):
    """A list of an answer, against its count; lists are cut to fifty."""
    rows = told.get(name)
    must(isinstance(rows, list), f"the answer has no list {name}.")
    must(len(rows) == min(told["counts"][count], 50), f"counts.{count} is {told['counts'][count]}, but {name} has {len(rows)}.")
    return rows


def ranks(rows):
    must([row["rank"] for row in rows] == list(range(1, len(rows) + 1)), "ranks are not 1, 2, 3 and so on.")


def same(told, rows):
    """The same question again: what the first answer left is compared with this one."""
    former = answer("former")
    must(told["run_id"] == former["run_id"], "the same question as of the same time made another run.")
    must(rows == former["rows"], "the same question as of the same time was answered in another order or with other figures.")


def headers():
    keep("machine", f"Authorization: Bearer {os.environ['GRIDLENS_API_KEY']}\n")
    keep("person", f"Authorization: Bearer {os.environ.get('PERSON_TOKEN', '')}\n")
    keep("when", {"as_of": os.environ.get("INFER_AS_OF") or None})


def problem():
    try:
        told = json.loads(kept("answer"))
        end(f"{ARGS[0]} {told.get('code', '')}: {told.get('detail', '')} {told.get('hint') or ''}".strip())
    except (ValueError, AttributeError):
        end(f"{ARGS[0]}, with an answer that is no JSON.")


def infer():
    told = sound(answer(), ("inferred", "unchanged"), ("provisionals",), ("run_id",))
    print(f"{told['counts']['provisionals']} provisional outages")


def advised():
    told = sound(answer(), ("advised",), ("candidates", "promoted", "merged", "rejected", "held"), ("run_id",))
    listed(told, "decisions", "candidates")
    if told["proposal_id"] is None:
        keep("commit", "")
        print("nothing that the rules let through waits for a person")
        return
    must(is_id(told["proposal_id"]), "proposal_id is no id.")
    keep("commit", {"mode": "commit", "content_hash": told["content_hash"], "reason": "Smoke test: the decision table was read."})
    print(f"{told['counts']['promoted']} may be promoted, {told['counts']['held']} held")


def promote():
    told = sound(answer(), ("promoted",), ("promoted",))
    keep("promoted_id", told["outage_id"])
    print(f"outage {told['outage_id']}, countersigned")


def choose():
    told = answer()
    must((told.get("advisory") or {}).get("text") == SENTENCES, "the three advisory sentences are not there as they must be.")
    rows = [row for row in listed(told, "rows", "outages") if row["customers_out_peak"] > 0]
    must(rows, "no outage that touched customers was promoted yet. Promote one (docs/PILOT_RUNBOOK.md), or set PERSON_TOKEN.")
    keep("outage_id", rows[0]["outage_id"])


def outage():
    told = answer()
    must(told.get("outage_id") == kept("outage_id"), "the answer is about another outage.")
    must(is_id(told["outage"]["countersignature_id"]), "the outage names no countersignature.")
    must(told["counts"]["customers"] > 0, "the outage touches no customer.")
    print(f"{told['outage_id']}, {told['status']}, {told['counts']['customers']} customers")


def zones():
    told = sound(answer(), ("generated", "unchanged"), ("zones",))
    rows = listed(told, "zones", "zones")
    must(rows, "no zone was ranked.")
    ranks(rows)
    must(sum(row["probability"] for row in rows) < 1 + 1e-6, "the probabilities add up to more than one.")
    return told, rows


def rank():
    told, rows = zones()
    keep("former", {"run_id": told["run_id"], "rows": rows, "first": rows[0]["zone_id"]})
    keep("asked", {"outage_id": told["outage_id"], "as_of": told["as_of"]})
    keep("feedback", {"run_id": told["run_id"], "rec_type": "zone", "rec_id": rows[0]["zone_id"], "action": "ignored", "reason_code": "smoke_test"})
    print(f"{len(rows)} zones, first {rows[0]['zone_id']} with {rows[0]['probability']:.3f}; run {told['run_id']}")


def again():
    told, rows = zones()
    must(told["status"] == "unchanged", f"the same question again is {told['status']!r}, not unchanged.")
    same(told, rows)
    print("the same question is the same run in the same order")


def options():
    told = sound(answer(), ("generated", "unchanged"), ("options", "rejected"))
    rows = listed(told, "options", "options")
    ranks(rows)
    must(all(row["infeasible_reasons"] for row in listed(told, "rejected", "rejected")), "an option is rejected without a reason.")
    print(f"{told['counts']['options']} options, {told['counts']['rejected']} rejected with reasons; run {told['run_id']}")


def crews():
    told = sound(answer(), ("generated", "unchanged"), ("crews", "jobs", "recommendations"))
    listed(told, "recommendations", "recommendations")
    print(f"{told['counts']['crews']} crews, {told['counts']['jobs']} jobs; run {told['run_id']}")


def feedback():
    told = sound(answer(), ("stored",), ())
    must(is_id(told.get("feedback_id")), "feedback_id is no id.")
    print(f"kept under run {told['run_id']}")


def replay():
    told = sound(answer(), ("generated", "unchanged"), ("milestones", "events"), ("run_id", "replay_id", "outage_id"))
    must(told["counts"]["milestones"] > 0, "the replay knows no milestone.")
    must(told["counts"]["events"] > 0, "the outage has no canonical events.")
    for part in ("milestones", "metrics", "narrative", "evidence_counts", "reliability", "data_quality"):
        must(told["summary"].get(part), f"the summary has no {part}.")
    keep("replay_id", told["replay_id"])
    keep("export_body", {"replay_id": told["replay_id"]})
    print(f"{told['counts']['milestones']} milestones, {told['counts']['events']} events; replay {told['replay_id']}")


def export():
    told = sound(answer(), ("exported",), ("files",), ("run_id", "replay_id", "outage_id", "proposal_id"))
    must(told["replay_id"] == kept("replay_id"), "the export is of another replay.")
    must(sorted(told["files"]) == ["docx", "pdf"] and told["counts"]["files"] == 2, "the files are not one PDF and one DOCX.")
    keep("files", told["files"])
    for ending, file in told["files"].items():
        link(ending, file["url"])
    sizes = ", ".join(f"{ending} {file['size_bytes']:,} bytes" for ending, file in sorted(told["files"].items()))
    print(f"{told['edition']} edition: {sizes}")


def link(ending, url):
    """For curl to read: a signed link is not to be seen in the list of processes."""
    whole = os.environ["BASE_URL"] + url if url.startswith("/") else url
    must('"' not in whole and "\\" not in whole and "\n" not in whole, f"the link of the {ending} is no address.")
    keep(f"{ending}.curl", f'url = "{whole}"\n')


def opened():
    ending, status = ARGS
    told = answer("files")[ending]
    with open(os.path.join(HERE, f"{ending}.file"), "rb") as file:
        data = file.read()
    must(status == "200", f"the link of the {ending} answers {status}.")
    must(data.startswith(FIRST[ending]), f"what the link of the {ending} opens does not begin with {FIRST[ending].decode()}.")
    must(len(data) == told["size_bytes"], f"the {ending} has {len(data)} bytes, not the {told['size_bytes']} that were told.")
    must(hashlib.sha256(data).hexdigest() == told["sha256"], f"the {ending} is another than its SHA-256 says.")
    print(f"{ending} opens, {len(data):,} bytes, SHA-256 {told['sha256'][:16]}...")


def reference():
    told = sound(answer(), ("EXPORTED", "SIGNED"), (), ("run_id", "replay_id", "outage_id"))
    must(told["replay_id"] == kept("replay_id"), "the answer is about another replay.")
    ref, files = told["report_blob_ref"], answer("files")
    must("draft" in ref, "report_blob_ref does not name the draft edition.")
    for ending, file in files.items():
        noted = ref["draft"]["files"].get(ending)
        must(noted is not None, f"report_blob_ref names no {ending}.")
        must(noted["sha256"] == file["sha256"], f"report_blob_ref names another {ending}.")
        where = f"/{told['outage_id']}/{told['replay_id']}/draft/after_action.{ending}"
        must(noted["key"].endswith(where), f"the {ending} lies elsewhere than under <tenant>/<outage>/<replay>/.")
    must("signature=" not in json.dumps(ref).lower(), "report_blob_ref holds a signed link.")
    print(f"report_blob_ref names {', '.join(sorted(files))} of the draft{' and a signed edition' if 'signed' in ref else ''}; {told['status']}")


globals()[STEP]()
PYTHON

# look STEP [ARGUMENTS]: judge the last answer, print its line.
look() {
  local said
  said="$(python3 "$here/look.py" "$here" "$@" 2>&1)" || fail "$said"
  [ -z "$said" ] || printf 'ok  %-10s %s\n' "$step" "$said"
}

# ask machine|person METHOD PATH STATUS [BODY FILE]: leaves the answer's body for `look`.
ask() {
  local who="$1" method="$2" path="$3" wanted="$4" status
  local sent=()
  [ $# -lt 5 ] || sent=(-H "Content-Type: application/json" --data-binary "@$5")
  status="$(curl -sS --max-time 120 -o "$here/answer" -w '%{http_code}' -X "$method" -H "@$here/$who" "${sent[@]}" \
    "$BASE_URL$path" 2>"$here/curl.said")" || fail "$BASE_URL does not answer ($(head -c 200 "$here/curl.said"))."
  [ "$status" = "$wanted" ] || look problem "$status"
}

# fetch pdf|docx: open its link as whoever holds it would, without a key.
fetch() {
  local status
  status="$(curl -sS --max-time 120 -o "$here/$1.file" -w '%{http_code}' --config "$here/$1.curl" 2>/dev/null)" \
    || fail "the link of the $1 leads to where nothing answers."
  look opened "$1" "$status"
}

if [ -n "${OUTAGE_ID:-}" ] && ! [[ "$OUTAGE_ID" =~ ^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$ ]]; then
  fail "OUTAGE_ID is no outage's id; GET /v1/outages lists them."
fi
look headers
echo '{}' >"$here/nothing"

if [ -n "${PERSON_TOKEN:+set}" ]; then
  step="infer"
  ask machine POST /v1/provisionals/infer 200 "$here/when"
  look infer
  step="promote"
  if [ -n "${OUTAGE_ID:-}" ]; then
    printf '{"outage_id": "%s"}' "$OUTAGE_ID" >"$here/which"
    ask person POST /v1/provisionals/promote 200 "$here/which"
    look advised
  else
    ask person POST /v1/provisionals/promote 200 "$here/nothing"
    look advised
    if [ -s "$here/commit" ]; then
      ask person POST /v1/provisionals/promote 200 "$here/commit"
      look promote
      OUTAGE_ID="$(cat "$here/promoted_id")"
    fi
  fi
fi

step="outage"
if [ -n "${OUTAGE_ID:-}" ]; then
  printf '%s' "$OUTAGE_ID" >"$here/outage_id"
else
  ask machine GET '/v1/outages?limit=50' 200
  look choose
fi
outage_id="$(cat "$here/outage_id")"
ask machine GET "/v1/outages/$outage_id" 200
look outage
printf '{"outage_id": "%s"}' "$outage_id" >"$here/body"

step="rank"
ask machine POST /v1/fault-zones/rank 200 "$here/body"
look rank
ask machine POST /v1/fault-zones/rank 200 "$here/asked"
look again

if [ -n "${PERSON_TOKEN:+set}" ]; then
  step="options"
  ask person POST /v1/restoration-options/generate 200 "$here/asked"
  look options
  step="crews"
  ask person POST /v1/crews/recommendations/generate 200 "$here/asked"
  look crews
  step="feedback"
  ask person POST /v1/feedback 201 "$here/feedback"
  look feedback
fi

step="replay"
ask machine POST /v1/replays/after-action/generate 200 "$here/body"
look replay
step="export"
ask machine POST /v1/reports/after-action/export 200 "$here/export_body"
look export
step="links"
fetch pdf
fetch docx
step="reference"
ask machine GET "/v1/replays/$(cat "$here/replay_id")" 200
look reference
echo "RestoreIQ answers as it must."
