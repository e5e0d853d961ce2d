package detangle.server;

import java.time.Duration;
import java.time.Instant;

/**
 * A request to a model, as it is answered.
 *
 * @param time when it came
 * @param method of HTTP
 * @param status of the answer
 * @param duration until the answer was ready
 */
public record Access(Instant time, String method, String path, int status, Duration duration) {}
