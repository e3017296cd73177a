# Makes the manual page respand.yaml(5) of the commented configuration: awk -v version=… -f respand.yaml.5.awk respand.yaml
# A comment belongs to the section or the key behind it. Every key stands there, with its default, as "#key: value" or "key:".

function roff(text) {
  gsub(/\\/, "\\e", text)
  gsub(/-/, "\\-", text)
  sub(/^[.']/, "\\\\\\&&", text)
  return text
}

function flush(   i) {
  for (i = 1; i <= kept; i++) print roff(note[i])
  kept = 0
}

BEGIN {
  print ".TH RESPAND.YAML 5 \"\" \"respand " version "\" \"File Formats\""
  print ".SH NAME"
  print "respand.yaml \\- configuration of respand"
  print ".SH DESCRIPTION"
}

/^[ ]*# ?[^a-z_ ]*$/ && !/[a-zA-Z]/ { next }

/^ *# / {
  line = $0
  sub(/^ *# /, "", line)
  note[++kept] = line
  next
}

# The file's own introduction ends with the first empty line.
/^ *$/ {
  if (!begun && kept) { flush(); begun = 1; print ".SH SECTIONS AND KEYS" }
  next
}

/^[a-z_]+:/ {
  section = $1
  sub(/:.*/, "", section)
  inner = ""
  print ".SS " roff(section)
  flush()
  value = $0
  sub(/^[a-z_]+: */, "", value)
  if (value != "") print ".PP\n" roff(value)
  next
}

/^ +#?[a-z_]+:/ || /^#[a-z_]+:/ {
  line = $0
  match(line, /^ */)
  depth = RLENGTH
  sub(/^ *#?/, "", line)
  key = line
  sub(/:.*/, "", key)
  value = line
  sub(/^[a-z_]+: */, "", value)
  if ($0 ~ /^#/) { name = key }
  else if (depth <= 2) { inner = (value == "" && $0 !~ /#/) ? key : ""; name = section "." key }
  else name = section "." (inner == "" ? "" : inner ".") key
  print ".TP"
  print ".B " roff(name)
  if (kept == 0 && value == "") print "\\&"
  flush()
  if (value != "") {
    print ".br"
    print "Default: " roff(value)
  }
  next
}

# Values on lines of their own, such as lists.
{
  line = $0
  sub(/^ */, "", line)
  print ".br"
  print roff(line)
}

END {
  flush()
  print ".SH FILES"
  print ".I /etc/respand/respand.yaml"
  print ".br"
  print ".I /etc/respand/conf.d/*.yaml"
  print ".SH SEE ALSO"
  print ".BR respand (1)"
}
