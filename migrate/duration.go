package migrate

import (
	"encoding/json"
	"fmt"
	"time"
)

// Duration is a time span that JSON shows in seconds.
type Duration time.Duration

// MarshalJSON gives seconds with a millisecond's precision.
func (d Duration) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%.3f", time.Duration(d).Seconds()), nil
}

// UnmarshalJSON reads seconds.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var s float64
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	if s < 0 || s > maxSpan.Seconds() {
		return fmt.Errorf("%g s is no time span of a migration", s)
	}
	*d = Duration(s * float64(time.Second))
	return nil
}

// maxSpan is the longest time that is read.
const maxSpan = 100 * 365 * 24 * time.Hour

// String gives seconds.
func (d Duration) String() string { return fmt.Sprintf("%.1f s", time.Duration(d).Seconds()) }
