package detangle.server;

import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The web sites whose pages may ask the server through a visitor's browser: the server's own page and allowed sites. A
 * page of another site can make a browser send requests. If the name of its site is made to point to this machine (DNS
 * rebinding), the page can read the answers too.
 */
final class Sites {
    private static final String ALL = "*";

    private final Set<String> hosts = new HashSet<>();
    private final boolean anyHost;
    private final List<String> origins;

    /** @param address the address at which the server listens */
    Sites(ServerOptions options, InetAddress address) {
        // A server at another address can have names that it does not know itself.
        this.anyHost = options.allowedHosts().contains(ALL)
                || options.allowedHosts().isEmpty() && !address.isLoopbackAddress();
        options.allowedHosts().forEach(host -> hosts.add(asSent(host)));
        hosts.add(asSent(options.host()));
        this.origins = options.allowedOrigins();
    }

    /**
     * Refuses a request for another host, or of a page of another site.
     *
     * @return the origin whose page the browser may show the answer to; empty if no header is needed
     */
    Optional<String> check(ServerRequestHeaders headers) {
        String host = headers.first(HeaderNames.HOST).orElse("");
        String name = name(host);
        if (!anyHost && !hosts.contains(name) && !isLoopback(name)) {
            throw ApiException.forbidden("the request is for the host " + host
                    + ", and this server answers for this machine alone: allow the name with --allowed-hosts");
        }
        // A browser sends at most one, and it is unknown which of several would be true.
        Optional<String> origin = headers.contains(HeaderNames.ORIGIN)
                ? Optional.of(String.join(", ", headers.all(HeaderNames.ORIGIN, List::of)))
                : Optional.empty();
        if (origin.isEmpty() || isSame(origin.get(), host)) {
            return Optional.empty();
        }
        if (!origins.contains(ALL) && origins.stream().noneMatch(origin.get()::equalsIgnoreCase)) {
            throw ApiException.forbidden("the request comes from a page of " + origin.get()
                    + ", which may not ask this server: allow it with --cors-allow-origin");
        }
        return origin;
    }

    /** Returns a host as it stands in a request, where addresses of IPv6 have brackets. */
    private static String asSent(String host) {
        boolean bare = host.indexOf(':') >= 0 && !host.startsWith("[");
        return (bare ? "[" + host + "]" : host).toLowerCase(Locale.ROOT);
    }

    /** Returns a host without its port. */
    private static String name(String host) {
        int end = host.startsWith("[") ? host.indexOf(']') + 1 : host.indexOf(':');
        return (end <= 0 ? host : host.substring(0, end)).toLowerCase(Locale.ROOT);
    }

    private static boolean isLoopback(String name) {
        return name.equals("localhost") || name.equals("[::1]") || name.matches("127(\\.\\d{1,3}){3}");
    }

    /**
     * Returns whether an origin is that of the server's own pages. The scheme is that of a proxy before the server, if
     * there is one.
     */
    private static boolean isSame(String origin, String host) {
        return origin.equalsIgnoreCase("http://" + host) || origin.equalsIgnoreCase("https://" + host);
    }
}
