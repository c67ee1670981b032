/** Letters and digits that nobody guesses. (A page of `http://` has no `crypto.randomUUID`.) */
export function random(bytes = 8) {
  const drawn = crypto.getRandomValues(new Uint8Array(bytes));
  return [...drawn].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
