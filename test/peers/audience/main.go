package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
)

const (
	patience = 20 * time.Second      // for all to have a picture
	spacing  = 10 * time.Millisecond // between two that come
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "audience:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) (err error) {
	if len(args) != 2 {
		return errors.New("give the WHEP address of a stream and the number of viewers")
	}
	size, err := strconv.Atoi(args[1])
	if err != nil {
		return fmt.Errorf("%q is no number of viewers", args[1])
	}
	hall, err := newHall()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, hall.close()) }()
	for range size {
		if err := hall.admit(args[0]); err != nil {
			return err
		}
		time.Sleep(spacing)
	}
	if err := hall.settle(patience); err != nil {
		return err
	}
	tell := json.NewEncoder(out)
	if err := tell.Encode(hall.total()); err != nil {
		return err
	}
	for questions := bufio.NewScanner(in); questions.Scan(); {
		if err := tell.Encode(hall.total()); err != nil {
			return err
		}
	}
	return nil
}
