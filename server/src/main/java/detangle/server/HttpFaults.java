package detangle.server;

import io.helidon.http.Status;
import java.util.List;

/** Words for what is wrong with a request that the HTTP library cannot read. They replace the library's messages. */
final class HttpFaults {
    /** The most bytes of the first line of a request. */
    static final int MAX_FIRST_LINE = 4096;

    /** The most bytes of all headers of a request. */
    static final int MAX_HEADERS = 16 << 10;

    private static final List<Fault> FAULTS = List.of(
            new Fault("Host header must be present", "the request has no header Host"),
            new Fault("single Host header", "the request has more than one header Host"),
            new Fault("Host header must not be empty", "the header Host is empty"),
            new Fault("port of the host header", "the port in the header Host is not a number"),
            new Fault("Invalid Host header", "the header Host does not name a host"),
            new Fault("missing colon", "a line of the headers has no colon"),
            new Fault("Header size exceeded", "the headers have more than " + MAX_HEADERS + " bytes"),
            new Fault("must not be combined", "the request has both Content-Length and Transfer-Encoding"),
            new Fault("Transfer-Encoding", "the header Transfer-Encoding is not chunked alone"),
            new Fault("Invalid prologue", "the first line of the request is not a method, an address and HTTP/1.1"),
            new Fault("Invalid protocol", "the first line of the request does not end with HTTP/1.1"));

    /**
     * A fault of a request, with its message.
     *
     * @param part the part of the library's message that identifies the fault
     */
    private record Fault(String part, String message) {}

    private HttpFaults() {}

    /**
     * Returns the message with which a request is refused.
     *
     * @param message the library's message, which may be null
     */
    static String of(Status status, String message) {
        return switch (status.code()) {
            case 414 -> "the first line of the request is too long: it may have " + MAX_FIRST_LINE + " bytes";
            case 501 -> "the Transfer-Encoding of the body is not supported: send it plain or in chunks";
            case 505 -> "the request is not of the version HTTP/1.1 or HTTP/1.0";
            case 500 -> "internal error";
            default ->
                FAULTS.stream()
                        .filter(fault -> message != null && message.contains(fault.part))
                        .map(Fault::message)
                        .findFirst()
                        .orElse("the first line or a header of the request is malformed");
        };
    }
}
