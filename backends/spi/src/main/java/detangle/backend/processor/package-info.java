/** The number of threads that compute: what the system lets this process use, and what the user asks for. */
package detangle.backend.processor;
