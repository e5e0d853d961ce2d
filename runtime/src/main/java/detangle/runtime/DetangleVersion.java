package detangle.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The version of Detangle, as its build wrote it. */
public final class DetangleVersion {
    private DetangleVersion() {}

    public static String number() {
        Properties properties = new Properties();
        try (InputStream in = DetangleVersion.class.getResourceAsStream("version.properties")) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty("version");
    }
}
