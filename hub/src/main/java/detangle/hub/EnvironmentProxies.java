package detangle.hub;

import java.io.IOException;
import java.net.Authenticator;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The proxies of HTTPS_PROXY, HTTP_PROXY and NO_PROXY, as curl reads them; without these those of the JVM. */
final class EnvironmentProxies extends ProxySelector {
    /** The JDK's property that names the ways to authenticate which it does not take through a tunnel. */
    private static final String TUNNELING = "jdk.http.auth.tunneling.disabledSchemes";

    private final Map<String, String> environment;

    private EnvironmentProxies(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    static ProxySelector of(Map<String, String> environment) {
        EnvironmentProxies proxies = new EnvironmentProxies(environment);
        boolean some = proxies.variable("https_proxy").isPresent()
                || proxies.variable("http_proxy").isPresent()
                || proxies.variable("all_proxy").isPresent();
        return some ? proxies : ProxySelector.getDefault();
    }

    private Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name))
                .or(() -> Optional.ofNullable(environment.get(name.toUpperCase(Locale.ROOT))))
                .filter(v -> !v.isBlank());
    }

    @Override
    public List<Proxy> select(URI uri) {
        return List.of(address(uri).map(EnvironmentProxies::proxy).orElse(Proxy.NO_PROXY));
    }

    private Optional<URI> address(URI uri) {
        if (isExcepted(uri.getHost())) {
            return Optional.empty();
        }
        return variable(uri.getScheme() + "_proxy")
                .or(() -> variable("all_proxy"))
                .map(EnvironmentProxies::parsed);
    }

    /** Returns what tells the proxy of an address who asks, if its variable holds a user: http://user:password@proxy. */
    Optional<Authenticator> authenticator(URI uri) {
        return address(uri).map(URI::getUserInfo).map(user -> {
            // The JDK sends a password through a tunnel only if this is empty, and reads it at the first request.
            if (System.getProperty(TUNNELING) == null) {
                System.setProperty(TUNNELING, "");
            }
            String[] parts = user.split(":", 2);
            PasswordAuthentication known =
                    new PasswordAuthentication(parts[0], (parts.length == 2 ? parts[1] : "").toCharArray());
            return new Authenticator() {
                @Override
                protected PasswordAuthentication getPasswordAuthentication() {
                    return getRequestorType() == RequestorType.PROXY ? known : null;
                }
            };
        });
    }

    private boolean isExcepted(String host) {
        for (String entry : variable("no_proxy").orElse("").split("[,\\s]+")) {
            String suffix = entry.replaceFirst("^\\*?\\.", "");
            if (entry.equals("*")
                    || !suffix.isEmpty() && (host.equalsIgnoreCase(suffix) || endsWith(host, "." + suffix))) {
                return true;
            }
        }
        return false;
    }

    private static boolean endsWith(String host, String suffix) {
        return host.toLowerCase(Locale.ROOT).endsWith(suffix.toLowerCase(Locale.ROOT));
    }

    private static URI parsed(String address) {
        // A message must not show a password.
        String shown = address.replaceFirst("[^/]*@", "");
        URI uri;
        try {
            uri = URI.create(address.contains("://") ? address : "http://" + address);
        } catch (IllegalArgumentException e) { // Its message has the password.
            throw new HubException("'" + shown + "' is not an address of a proxy");
        }
        if (uri.getHost() == null || uri.getPort() < 0 || uri.getPort() > HubClient.MAX_PORT) {
            throw new HubException("'" + shown + "' is not an address of a proxy, such as http://proxy:3128");
        }
        return uri;
    }

    private static Proxy proxy(URI uri) {
        Proxy.Type type = uri.getScheme().startsWith("socks") ? Proxy.Type.SOCKS : Proxy.Type.HTTP;
        return new Proxy(type, new InetSocketAddress(uri.getHost(), uri.getPort()));
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException e) {
        // The request fails too, and says so.
    }
}
