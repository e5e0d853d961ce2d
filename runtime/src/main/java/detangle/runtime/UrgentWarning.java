package detangle.runtime;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.System.LoggerFinder;

/**
 * A message that nobody should miss: SLF4J drops it where a program has no provider. It goes to the platform's logger,
 * and to standard error unless that logger is the JDK's own, which writes there by itself.
 */
final class UrgentWarning {
    private UrgentWarning() {}

    static void print(String message) {
        Logger logger = System.getLogger("detangle");
        logger.log(Level.WARNING, message);
        boolean jdk = LoggerFinder.getLoggerFinder().getClass().getClassLoader() == null;
        if (!jdk || !logger.isLoggable(Level.WARNING)) {
            System.err.println("detangle: " + message);
        }
    }
}
