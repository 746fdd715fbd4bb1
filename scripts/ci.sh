#!/usr/bin/env bash
# The steps of action.yml, so that they can be run and tested anywhere. Everything comes in as
# environment variables: BASE (a revision), FOLDER (the checkout), SARIF (a file, or empty).
set -euo pipefail
temp="${RUNNER_TEMP:?a folder for what is made here}"
tool="$temp/promptops/bin/promptops"
outputs="${GITHUB_OUTPUT:-/dev/null}"
summary="${GITHUB_STEP_SUMMARY:-/dev/null}"

# No base (a first push) is all zeros on GitHub: then everything is checked and nothing compared.
base="${BASE:-}"
[[ "$base" =~ ^0*$ ]] && base=""

case "${1:?install, check, review or comment}" in
install)
  # -I: `python -m` would look for modules in the checkout that it runs in
  "${PYTHON:-python3}" -I -m venv "$temp/promptops"
  "$temp/promptops/bin/python" -I -m pip install --quiet --disable-pip-version-check "$(dirname "$0")/.."
  ;;
check)
  cd "${FOLDER:-.}"
  code=0
  since=()
  [ -z "$base" ] || since=("--since=$base")
  "$tool" check "${since[@]}" --format github || code=$?
  if [ -n "${SARIF:-}" ]; then
    "$tool" check "${since[@]}" --format sarif --output "$SARIF" || [ $? -le 2 ]
  fi
  echo "code=$code" >>"$outputs"
  if [ "$code" = 0 ]; then echo "findings=false" >>"$outputs"; else echo "findings=true" >>"$outputs"; fi
  ;;
review)
  cd "${FOLDER:-.}"
  code=0
  file="$temp/promptops-review.md"
  if [ -n "$base" ]; then
    "$tool" diff --format markdown --output "$file" -- "$base" HEAD || code=$?
  else
    printf '<!-- promptops-diff -->\nNothing to compare with.\n' >"$file"
  fi
  if [ -f "$file" ]; then cat "$file" >>"$summary"; fi
  echo "code=$code" >>"$outputs"
  echo "file=$file" >>"$outputs"
  ;;
comment)
  "$tool" comment "${REVIEW:?the review to post}"
  ;;
*)
  echo "no step called $1" >&2
  exit 2
  ;;
esac
