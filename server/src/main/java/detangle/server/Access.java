package detangle.server;

import java.time.Duration;
import java.time.Instant;

/**
 * A record of one answered request to a model.
 *
 * @param time when the request came
 * @param method of HTTP
 * @param status of the answer
 * @param duration until the answer was ready
 */
public record Access(Instant time, String method, String path, int status, Duration duration) {}
