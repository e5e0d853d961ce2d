package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.WritableHeaders;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SitesTest {
    private static ServerRequestHeaders host(String host) {
        WritableHeaders<?> headers = WritableHeaders.create();
        headers.set(HeaderNames.HOST, host);
        return ServerRequestHeaders.create(headers);
    }

    /** An address of IPv6 has brackets in a request, and may have none in an option. */
    @Test
    void addressesOfIpv6AreAllowed() throws UnknownHostException {
        ServerOptions options =
                ServerOptions.DEFAULT.withHost("fd00::1").withAllowedHosts(List.of("FD00::2", "[fd00::3]"));
        Sites sites = new Sites(options, InetAddress.getByName("fd00::1"));
        for (String own : List.of("[fd00::1]", "[fd00::1]:8080", "[fd00::2]:80", "[FD00::3]")) {
            assertEquals(Optional.empty(), sites.check(host(own)));
        }
        assertThrows(ApiException.class, () -> sites.check(host("[fd00::4]")));
    }
}
