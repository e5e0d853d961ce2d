package detangle.hub;

import java.io.IOException;
import java.net.InetSocketAddress;
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
        if (isExcepted(uri.getHost())) {
            return List.of(Proxy.NO_PROXY);
        }
        return List.of(variable(uri.getScheme() + "_proxy")
                .or(() -> variable("all_proxy"))
                .map(EnvironmentProxies::proxy)
                .orElse(Proxy.NO_PROXY));
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

    private static Proxy proxy(String address) {
        URI uri;
        try {
            uri = URI.create(address.contains("://") ? address : "http://" + address);
        } catch (IllegalArgumentException e) {
            throw new HubException("'" + address + "' is not an address of a proxy", e);
        }
        if (uri.getHost() == null || uri.getPort() < 0 || uri.getPort() > HubClient.MAX_PORT) {
            throw new HubException("'" + address + "' is not an address of a proxy, such as http://proxy:3128");
        }
        Proxy.Type type = uri.getScheme().startsWith("socks") ? Proxy.Type.SOCKS : Proxy.Type.HTTP;
        return new Proxy(type, new InetSocketAddress(uri.getHost(), uri.getPort()));
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException e) {
        // The request fails too, and says so.
    }
}
