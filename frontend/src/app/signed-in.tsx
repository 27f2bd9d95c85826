import { Center } from "@mantine/core";
import { Navigate, Outlet, useLocation } from "react-router";

import { useSession } from "@/api/session";
import { t } from "@/language/translate";
import { OutboxProvider } from "@/review/outbox-context";
import { Failed, Loading } from "@/ui/states";

/** Lets only signed-in people through; the others go to the sign-in page, which brings them back here. */
export function SignedIn() {
  const session = useSession();
  const place = useLocation();
  if (session.data) {
    return (
      <OutboxProvider key={session.data.username} person={session.data.username}>
        <Outlet />
      </OutboxProvider>
    );
  }
  if (session.data === null) {
    const next = place.pathname + place.search;
    return <Navigate to={next === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(next)}`} replace />;
  }
  return (
    <Center h="100dvh" p="md">
      {session.isError ? <Failed error={session.error} onRetry={() => void session.refetch()} /> : <Loading what={t("Assay")} />}
    </Center>
  );
}
