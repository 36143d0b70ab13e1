package journal

import (
	"errors"
	"os"
	"time"
)

var errInUse = errors.New("the record is in use by a running process")

// lockNow takes the lock of a record, or gives errInUse. It asks for half a second, for
// a reader that looks whether the record is live holds the lock for a moment too.
func lockNow(file *os.File) error {
	for try := 0; ; try++ {
		err := tryLock(file)
		if !errors.Is(err, errInUse) || try == 50 {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}
