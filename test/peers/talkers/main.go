package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	patience = 60 * time.Second      // for all to hear something
	spacing  = 37 * time.Millisecond // between two that come: no multiple of a frame, so that their frames do not coincide

	markEvery = 20 // of so many talkers the first marks
	recorded  = 1  // the talker whose sound is kept
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "talkers:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) (err error) {
	if len(args) != 5 {
		return errors.New("give a codec, an address, a callee, the number of talkers and a folder")
	}
	codec, address, callee, folder := args[0], args[1], args[2], args[4]
	size, err := strconv.Atoi(args[3])
	if err != nil {
		return fmt.Errorf("%q is no number of talkers", args[3])
	}
	crowd, err := newCrowd(codec, folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, crowd.close()) }()
	for i := range size {
		if err := crowd.admit(numbered(address, i), numbered(callee, i)); err != nil {
			return fmt.Errorf("talker %d: %w", i, err)
		}
		time.Sleep(spacing)
	}
	if err := crowd.settle(patience); err != nil {
		return err
	}
	tell := json.NewEncoder(out)
	if err := tell.Encode(crowd.total()); err != nil {
		return err
	}
	for questions := bufio.NewScanner(in); questions.Scan(); {
		if err := tell.Encode(crowd.total()); err != nil {
			return err
		}
	}
	return nil
}

func numbered(text string, i int) string { return strings.ReplaceAll(text, "%d", strconv.Itoa(i)) }
