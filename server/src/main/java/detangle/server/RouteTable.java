package detangle.server;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * The paths of the server and the methods of each. The first path that matches a request decides. A method that this
 * path does not have is refused with status 405 and the header Allow (RFC 9110, 15.5.6). HEAD is answered as GET
 * without the body (9.3.2), and OPTIONS returns the methods (9.3.7).
 */
final class RouteTable {
    private static final List<Method> OF_THE_SERVER = List.of(Method.GET, Method.HEAD, Method.POST, Method.OPTIONS);

    private final SequencedMap<String, SequencedMap<Method, Handler>> paths = new LinkedHashMap<>();

    /** Adds a path with the methods GET and HEAD; {@link Responses} leaves the body out for HEAD. */
    void read(String path, Handler handler) {
        add(path, Method.GET, handler);
        add(path, Method.HEAD, handler);
    }

    void post(String path, Handler handler) {
        add(path, Method.POST, handler);
    }

    private void add(String path, Method method, Handler handler) {
        if (paths.computeIfAbsent(path, p -> new LinkedHashMap<>()).put(method, handler) != null) {
            throw new IllegalArgumentException("two routes " + method.text() + " " + path);
        }
    }

    /** Returns the paths in the order in which they are tried, each with its methods, OPTIONS among them. */
    SequencedMap<String, List<Method>> methods() {
        SequencedMap<String, List<Method>> methods = new LinkedHashMap<>();
        paths.forEach((path, handlers) -> methods.put(path, with(handlers.sequencedKeySet(), Method.OPTIONS)));
        return Collections.unmodifiableSequencedMap(methods);
    }

    private static List<Method> with(Iterable<Method> some, Method last) {
        List<Method> all = new ArrayList<>();
        some.forEach(all::add);
        all.add(last);
        return List.copyOf(all);
    }

    /** Adds all paths, and refuses every other one with status 404. */
    void addTo(HttpRouting.Builder routes) {
        methods().forEach((path, methods) -> {
            SequencedMap<Method, Handler> handlers = paths.get(path);
            routes.any(path, (request, response) -> {
                Method method = request.prologue().method();
                if (handlers.containsKey(method)) {
                    handlers.get(method).handle(request, response);
                } else {
                    handleOther(request, response, methods);
                }
            });
        });
        routes.any((request, response) -> {
            // The path "*" means the server as a whole.
            if (request.path().path().equals("*") && request.prologue().method().equals(Method.OPTIONS)) {
                handleOther(request, response, OF_THE_SERVER);
                return;
            }
            throw ApiException.notFound("there is no route "
                    + request.prologue().method().text() + " " + request.path().path() + ": see /openapi.json");
        });
    }

    /** Answers a request for a known path whose method has no handler. */
    private static void handleOther(ServerRequest request, ServerResponse response, List<Method> methods) {
        String allowed = String.join(", ", methods.stream().map(Method::text).toList());
        response.header(HeaderNames.ALLOW, allowed);
        if (!request.prologue().method().equals(Method.OPTIONS)) {
            throw ApiException.methodNotAllowed("the route " + request.path().path() + " does not take "
                    + request.prologue().method().text() + ": it takes " + allowed);
        }
        CrossOrigin.answerPreflight(request, response, allowed);
        Responses.prepare(response.headers());
        response.status(Status.NO_CONTENT_204).send();
    }
}
