# Copies the text that a container sent, with "?" in place of each character that a terminal would obey: control characters
# other than tab, line feed and carriage return, those of Unicode (C1), and those that change the direction of writing.
visible() {
  LC_ALL=C sed $'s/[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]/?/g; s/\xc2[\x80-\x9f]/?/g; s/\xe2\x80[\x8e\x8f\xaa-\xae]/?/g; s/\xe2\x81[\xa6-\xa9]/?/g'
}