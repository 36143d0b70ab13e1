import { h } from "../shared/dom";
import { t } from "../shared/i18n";
import type { View } from "../shared/view";

/** Says so where a signature counts for nothing, or isn't the CMD's own. */
export function environment({ host, trial }: View): Node[] {
  if (trial) return [h("p", { className: "environment" }, t("trialFooter"))];
  if (!host || host.environment === "production" || host.environment === "") return [];
  const text = host.custom ? t("environmentOwn", host.environment) : t("environment", host.environment);
  return [h("p", { className: "environment" }, text)];
}
