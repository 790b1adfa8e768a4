// Package secrets keeps passwords and stream keys between runs: in the operating system's keyring, or, where there is
// none that answers, in an encrypted file.
//
// What the file protects against is little, and worth knowing: its key stands beside it, readable by the same user. A
// copy of the file alone (a backup of one file, a paste, a search over the disk) tells nothing, and other users of the
// machine can read neither. Whoever can read both files as this user can read the secrets. A keyring is better.
//
// A Store is safe for concurrent use, and each call returns in bounded time even if the keyring does not answer.
package secrets
