package detangle.ir;

import java.util.Locale;

/** Whose memory a value is in, where a program runs on a device and on the host together. */
public enum Place {
    HOST,
    DEVICE;

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
